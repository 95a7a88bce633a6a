/* SPDX-License-Identifier: MIT */
/* One use of each library, in a test by cmocka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <popt.h>
#include <uthash.h>

static void test_jansson(void **state)
{
    json_t *value = json_pack("{s:s, s:I}", "name", "r", "size", (json_int_t)1 << 40);
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

    (void)state;
    assert_string_equal(text, "{\"name\":\"r\",\"size\":1099511627776}");
    free(text);
    json_decref(value);
}

static void test_popt(void **state)
{
    long long size = 0;
    char *name = NULL;
    struct poptOption options[] = { { "size", 's', POPT_ARG_LONGLONG, &size, 0, "size", "BYTES" },
                                    { "name", 'n', POPT_ARG_STRING, &name, 'n', "name", "NAME" },
                                    POPT_AUTOHELP POPT_TABLEEND };
    const char *arguments[] = { "program", "--size=1099511627776", "-n", "a b", "rest", NULL };
    poptContext context = poptGetContext("program", 5, arguments, options, 0);

    (void)state;
    assert_int_equal(poptGetNextOpt(context), 'n');
    assert_int_equal(poptGetNextOpt(context), -1);
    assert_true(size == 1099511627776);
    assert_string_equal(name, "a b");
    assert_string_equal(poptGetArg(context), "rest");
    free(name);
    poptFreeContext(context);
}

struct item {
    uint64_t id;
    UT_hash_handle hh;
};

static void test_uthash(void **state)
{
    struct item items[3] = { { .id = 1 }, { .id = 1099511627776 }, { .id = 3 } };
    struct item *table = NULL, *found = NULL;
    uint64_t id = 1099511627776;

    (void)state;
    for (int i = 0; i < 3; i++)
        HASH_ADD(hh, table, id, sizeof items[i].id, &items[i]);
    HASH_FIND(hh, table, &id, sizeof id, found);
    assert_ptr_equal(found, &items[1]);
    HASH_CLEAR(hh, table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jansson),
        cmocka_unit_test(test_popt),
        cmocka_unit_test(test_uthash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
