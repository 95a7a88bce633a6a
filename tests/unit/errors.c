/* SPDX-License-Identifier: MIT */
/*
 * The list of errors: values that never change, each with a name and a sentence; the system's code of a failure; the
 * version.
 */
#include "test.h"

/* Written by hand, since the header is what is tested. */
static const struct {
    int code, value;
    const char *name;
} known[] = {
    { STITCH_OK, 0, "STITCH_OK" },
    { STITCH_EINVAL, -1, "STITCH_EINVAL" },
    { STITCH_ENOMEM, -2, "STITCH_ENOMEM" },
    { STITCH_EEXIST, -3, "STITCH_EEXIST" },
    { STITCH_ENOENT, -4, "STITCH_ENOENT" },
    { STITCH_EACCES, -5, "STITCH_EACCES" },
    { STITCH_EREADONLY, -6, "STITCH_EREADONLY" },
    { STITCH_ECORRUPT, -7, "STITCH_ECORRUPT" },
    { STITCH_EVERSION, -8, "STITCH_EVERSION" },
    { STITCH_ENOSPC, -9, "STITCH_ENOSPC" },
    { STITCH_EFSIZE, -10, "STITCH_EFSIZE" },
    { STITCH_EMFILE, -11, "STITCH_EMFILE" },
    { STITCH_EMAPS, -12, "STITCH_EMAPS" },
    { STITCH_ERESERVE, -13, "STITCH_ERESERVE" },
    { STITCH_EADDRSPACE, -14, "STITCH_EADDRSPACE" },
    { STITCH_ESEGMENTS, -15, "STITCH_ESEGMENTS" },
    { STITCH_EGONE, -16, "STITCH_EGONE" },
    { STITCH_EBUSY, -17, "STITCH_EBUSY" },
    { STITCH_ETIMEDOUT, -18, "STITCH_ETIMEDOUT" },
    { STITCH_ENOTSUP, -19, "STITCH_ENOTSUP" },
    { STITCH_EUNSOUND, -20, "STITCH_EUNSOUND" },
    { STITCH_ESYS, -21, "STITCH_ESYS" },
    { STITCH_EPRIVILEGE, -22, "STITCH_EPRIVILEGE" },
};

static void codes_have_fixed_values_names_and_sentences(void)
{
    for (size_t i = 0; i < T_COUNT(known); i++) {
        T_EQ(known[i].code, known[i].value);
        T_STR_EQ(stitch_error_name(known[i].code), known[i].name);
        T_TRUE(strlen(stitch_strerror(known[i].code)) >= 4);
        for (size_t j = 0; j < i; j++)
            T_TRUE(strcmp(stitch_strerror(known[i].code), stitch_strerror(known[j].code)) != 0);
    }
}

static void the_list_has_no_other_codes(void)
{
    size_t listed = 0;

#define COUNT(name, value, sentence, shell) listed++;
    STITCH_ERRORS(COUNT)
#undef COUNT
    T_EQ(listed + 1, T_COUNT(known));
}

static void other_numbers_have_a_sentence_too(void)
{
    static const int others[] = { 1, 2, 1000, -23, -1000, INT32_MAX, INT32_MIN };

    for (size_t i = 0; i < T_COUNT(others); i++) {
        T_TRUE(stitch_strerror(others[i]) != NULL && *stitch_strerror(others[i]));
        T_TRUE(stitch_error_name(others[i]) != NULL && *stitch_error_name(others[i]));
        for (size_t j = 0; j < T_COUNT(known); j++)
            T_TRUE(strcmp(stitch_error_name(others[i]), known[j].name) != 0);
    }
}

/* The sentence of a limit names the setting that raises it. */
static void sentences_name_the_limit(void)
{
    T_TRUE(strstr(stitch_strerror(STITCH_EFSIZE), "RLIMIT_FSIZE") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_EMFILE), "RLIMIT_NOFILE") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_EMAPS), "vm.max_map_count") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_EADDRSPACE), "RLIMIT_AS") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_ENOSPC), "size=") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_ERESERVE), "reserve") != NULL);
    T_TRUE(strstr(stitch_strerror(STITCH_ESEGMENTS), "segments") != NULL);
}

static void faults_have_names(void)
{
    for (uint64_t fault = STITCH_FAULT_NONE; fault <= STITCH_FAULT_DIRECTORY; fault++) {
        T_TRUE(*stitch_fault_name(fault));
        for (uint64_t other = 0; other < fault; other++)
            T_TRUE(strcmp(stitch_fault_name(fault), stitch_fault_name(other)) != 0);
    }
    T_STR_EQ(stitch_fault_name(STITCH_FAULT_FOREIGN), "foreign");
    T_TRUE(stitch_fault_name(STITCH_FAULT_DIRECTORY + 1) != NULL);
    T_TRUE(stitch_fault_name(UINT64_MAX) != NULL);
}

static void os_error_is_the_threads_own(void *other_code)
{
    stitch_region *none = NULL;

    T_EQ(stitch_os_error(), 0);
    T_GIVES(stitch_open(t_name(), NULL, &none), STITCH_ENOENT);
    *(int *)other_code = stitch_os_error();
}

static void os_error_tells_the_systems_code(void)
{
    stitch_region *none = NULL;
    int other_code = 0;

    T_GIVES(stitch_open(t_name(), NULL, &none), STITCH_ENOENT);
    T_TRUE(stitch_os_error() != 0);
    T_GIVES(stitch_open("", NULL, &none), STITCH_EINVAL); /* it is no error of the system */
    T_EQ(stitch_os_error(), 0);
    t_thread_join(t_thread_start(os_error_is_the_threads_own, &other_code));
    T_TRUE(other_code != 0);
    T_EQ(stitch_os_error(), 0);
}

static void version_is_the_headers(void)
{
    char text[32];

    T_STR_EQ(stitch_version(), STITCH_VERSION);
    (void)snprintf(text, sizeof text, "%d.%d.%d", STITCH_VERSION_MAJOR, STITCH_VERSION_MINOR, STITCH_VERSION_PATCH);
    T_STR_EQ(stitch_version(), text);
}

static const struct CMUnitTest tests[] = {
    T_TEST(codes_have_fixed_values_names_and_sentences),
    T_TEST(the_list_has_no_other_codes),
    T_TEST(other_numbers_have_a_sentence_too),
    T_TEST(sentences_name_the_limit),
    T_TEST(faults_have_names),
    T_TEST(os_error_tells_the_systems_code),
    T_TEST(version_is_the_headers),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
