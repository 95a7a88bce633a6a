/* SPDX-License-Identifier: MIT */
/*
 * The names of regions and of their objects (handle/names.h): pure functions.
 */
#include "test.h"

#include "handle/names.h"

static void valid_names(void)
{
    char name[STITCH_NAME_MAX + 2];

    memset(name, 'x', sizeof name);
    name[STITCH_NAME_MAX + 1] = 0;
    T_TRUE(!st_names_valid(name));
    name[STITCH_NAME_MAX] = 0;
    T_TRUE(st_names_valid(name));
    T_TRUE(!st_names_valid(""));
    for (unsigned c = 1; c < 256; c++) {
        char one[2] = { (char)c, 0 };

        T_EQ(st_names_valid(one), c >= 0x20 && c != 0x7f && c != '/' && c != '\\');
    }
}

static void object_names_and_back(void)
{
    static const uint64_t numbers[] = { 1, 15, 16, UINT64_C(0x123456789abcdef0), UINT64_MAX };
    char text[ST_NAME_SIZE], longest[STITCH_NAME_MAX + 1];
    uint64_t id, tag;

    memset(longest, 'y', sizeof longest);
    longest[STITCH_NAME_MAX] = 0;
    st_names_region(text, longest);
    T_TRUE(strlen(text) < 256);
    T_STR_EQ(st_names_of_region(text), longest);
    st_names_region(text, "a");
    T_STR_EQ(text, "stitch.r.a");
    for (size_t i = 0; i < T_COUNT(numbers); i++)
        for (size_t j = 0; j < T_COUNT(numbers); j++) {
            st_names_segment(text, numbers[i], numbers[j]);
            T_EQ(strlen(text), strlen("stitch.s.") + 16 + 1 + 16);
            T_TRUE(st_names_is_segment(text, numbers[i], &id));
            T_EQ(id, numbers[j]);
            T_TRUE(!st_names_is_segment(text, numbers[i] ^ 1, &id));
            T_TRUE(st_names_of_region(text) == NULL);
            T_TRUE(!st_names_is_unlinked(text, &tag));
        }
    st_names_unlinked(text, numbers[3], 0);
    T_STR_EQ(text, "stitch.u.123456789abcdef0");
    T_TRUE(st_names_is_unlinked(text, &tag));
    T_EQ(tag, numbers[3]);
    T_TRUE(st_names_of_region(text) == NULL);
    st_names_unlinked(text, 10, 11); /* where that name is taken */
    T_STR_EQ(text, "stitch.u.000000000000000a.000000000000000b");
    T_TRUE(st_names_is_unlinked(text, &tag));
    T_EQ(tag, 10);
    st_names_roster(text, numbers[3]);
    T_STR_EQ(text, "stitch.m.123456789abcdef0");
    T_TRUE(st_names_of_region(text) == NULL);
    T_TRUE(!st_names_is_unlinked(text, &tag));
    T_TRUE(!st_names_is_segment(text, numbers[3], &id));
}

static void names_that_are_not_ours(void)
{
    static const char *const others[] = { "",
                                          "stitch",
                                          "stitch.",
                                          "stitch.r",
                                          "stitch.r.",
                                          "stitch.s.",
                                          "stitch.s.0000000000000001",
                                          "stitch.s.0000000000000001.",
                                          "stitch.s.0000000000000001.000000000000000",
                                          "stitch.s.0000000000000001.00000000000000001",
                                          "stitch.s.0000000000000001.000000000000000G",
                                          "stitch.s.0000000000000001.000000000000000A",
                                          "stitch.s.0000000000000001 0000000000000001",
                                          "stitch.s.0000000000000001.-000000000000001",
                                          "stitch.m.0000000000000001",
                                          "stitch.u.",
                                          "stitch.u.0x00000000000001",
                                          "stitch.u.00000000000000011",
                                          "Stitch.u.0000000000000001" };
    uint64_t id;

    for (size_t i = 0; i < T_COUNT(others); i++) {
        T_TRUE(!st_names_is_segment(others[i], 1, &id));
        T_TRUE(st_names_of_region(others[i]) == NULL);
        T_TRUE(!st_names_is_unlinked(others[i], &id));
    }
    T_TRUE(st_names_of_region("stitch.r.a\nb") == NULL);
}

static const struct CMUnitTest tests[] = {
    T_TEST(valid_names),
    T_TEST(object_names_and_back),
    T_TEST(names_that_are_not_ours),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
