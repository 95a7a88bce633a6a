/* SPDX-License-Identifier: MIT */
/*
 * The numbers that people write to the command and read from it: tools/text/number.c, by itself.
 */
#include "test.h"

#include "text/number.h"

static void sizes_are_read_exactly(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        { "0", 0 },
        { "4096", 4096 },
        { "64K", 65536 },
        { "64k", 65536 },
        { "64KiB", 65536 },
        { "12B", 12 },
        { "1.5G", UINT64_C(1610612736) },
        { "2MiB", 2097152 },
        { "1T", UINT64_C(1) << 40 },
        { "0.5K", 512 },
        { "0.1K", 102 },
        { "0.000001T", 1099511 },
        { "1.999999T", (UINT64_C(1) << 40) + UINT64_C(1099510528264) },
        { "18446744073709551615", UINT64_MAX },
        { "16777215T", UINT64_C(16777215) << 40 },
        { "16777215.999999T", (UINT64_C(16777215) << 40) + UINT64_C(1099510528264) },
        { "007", 7 },
    };
    static const char *const bad[] = {
        "",
        " ",
        "K",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1 K",
        "1KB",
        "1KI",
        "1Kb",
        "1iB",
        "1Q",
        "1P",
        "1.K",
        ".5K",
        "1..5K",
        "1.5",
        "0x10",
        "1e9",
        "inf",
        "1,5K",
        "1.0000001K",
        "18446744073709551616",
        "16777216T",
        "99999999999999999999999",
        "1.99999999999999999999999K",
        "1.5B",
    };
    uint64_t bytes;

    for (size_t i = 0; i < T_COUNT(good); i++) {
        const char *wrong = ui_number_size(good[i].text, &bytes);

        if (wrong != NULL)
            T_FAIL("%s %s", good[i].text, wrong);
        T_EQ(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < T_COUNT(bad); i++) {
        bytes = 77;
        if (ui_number_size(bad[i], &bytes) == NULL)
            T_FAIL("\"%s\" was taken as %" PRIu64, bad[i], bytes);
        T_EQ(bytes, 77);
    }
}

static void other_numbers_are_read_exactly(void)
{
    static const char *const bad_modes[] = { "", "8", "666", "0622", "01000", "rw", "00644", "-1", "0400", "04755" };
    static const char *const bad_seconds[] = { "", "-1", "x", "1.", ".5", "1.2345", "1000000001", "1s" };
    static const char *const bad_counts[] = { "", "-1", "1K", "1.0", "18446744073709551616" };
    uint64_t value;
    int64_t milliseconds;

    T_TRUE(ui_number_mode("0644", &value) == NULL && value == 0644);
    T_TRUE(ui_number_mode("600", &value) == NULL && value == 0600);
    for (size_t i = 0; i < T_COUNT(bad_modes); i++)
        T_TRUE(ui_number_mode(bad_modes[i], &value) != NULL);
    T_TRUE(ui_number_seconds("5", &milliseconds) == NULL && milliseconds == 5000);
    T_TRUE(ui_number_seconds("0.25", &milliseconds) == NULL && milliseconds == 250);
    T_TRUE(ui_number_seconds("1.007", &milliseconds) == NULL && milliseconds == 1007);
    for (size_t i = 0; i < T_COUNT(bad_seconds); i++)
        T_TRUE(ui_number_seconds(bad_seconds[i], &milliseconds) != NULL);
    T_TRUE(ui_number_count("1024", &value) == NULL && value == 1024);
    for (size_t i = 0; i < T_COUNT(bad_counts); i++)
        T_TRUE(ui_number_count(bad_counts[i], &value) != NULL);
}

static void sizes_are_written_for_people(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { 1023, "1023" },
        { 1024, "1K" },
        { 1025, "1.0K" },
        { 1536, "1.5K" },
        { 65536, "64K" },
        { (1 << 20) - 1, "1.0M" },
        { 1 << 20, "1M" },
        { (1 << 20) + 1, "1.0M" },
        { UINT64_C(1610612736), "1.5G" },
        { UINT64_C(64) << 40, "64T" },
        { UINT64_MAX, "16.0E" },
        { 1047527424, "999M" },
        { 1048470000, "999.9M" },
    };
    char text[UI_NUMBER_TEXT];

    for (size_t i = 0; i < T_COUNT(cases); i++)
        T_STR_EQ(ui_number_text(cases[i].bytes, 0, text), cases[i].text);
    T_STR_EQ(ui_number_text(UINT64_MAX, 1, text), "18446744073709551615");
}

static const struct CMUnitTest tests[] = {
    T_TEST(sizes_are_read_exactly),
    T_TEST(other_numbers_are_read_exactly),
    T_TEST(sizes_are_written_for_people),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
