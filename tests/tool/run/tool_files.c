/* SPDX-License-Identifier: MIT */
/*
 * tool_files.c - makes, reads and compares files of the scratch folder.
 */
#include "test.h"
#include "tool_run.h"
#include "tool_system.h"

static char scratch[TOOL_PATH_SIZE - 40];

void tool_files_begin(void)
{
    tool_folder_make(scratch, sizeof scratch);
}

void tool_files_end(void)
{
    if (scratch[0] != '\0')
        tool_folder_remove(scratch);
    scratch[0] = '\0';
}

const char *tool_path(char *path, const char *name)
{
    (void)snprintf(path, TOOL_PATH_SIZE, "%s%s%s", *name == '/' ? "" : scratch, *name == '/' ? "" : "/", name);
    return path;
}

char *tool_read_file(const char *name, size_t *size)
{
    char path[TOOL_PATH_SIZE], *text;
    FILE *file = fopen(tool_path(path, name), "rb");
    long length = -1;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0)
        T_FAIL("%s cannot be read", path);
    rewind(file);
    text = malloc((size_t)length + 1);
    T_TRUE(text != NULL && fread(text, 1, (size_t)length, file) == (size_t)length);
    text[length] = '\0';
    *size = (size_t)length;
    (void)fclose(file);
    return text;
}

uint64_t tool_file_size(const char *name)
{
    char path[TOOL_PATH_SIZE];
    FILE *file = fopen(tool_path(path, name), "rb");
    long length = 0;

    if (file == NULL)
        return 0;
    T_TRUE(fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0);
    (void)fclose(file);
    return (uint64_t)length;
}

static FILE *create_file(const char *name)
{
    char path[TOOL_PATH_SIZE];
    FILE *file = fopen(tool_path(path, name), "wb");

    if (file == NULL)
        T_FAIL("%s cannot be written", path);
    return file;
}

void tool_write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = create_file(name);

    T_EQ(fwrite(bytes, 1, size, file), size);
    T_EQ(fclose(file), 0);
}

void tool_make_file(const char *name, uint64_t size)
{
    t_random random = t_random_from(size);
    FILE *file = create_file(name);

    while (size > 0) {
        uint64_t word = t_random_next(&random);
        size_t part = size < sizeof word ? (size_t)size : sizeof word;

        T_EQ(fwrite(&word, 1, part, file), part);
        size -= part;
    }
    T_EQ(fclose(file), 0);
}

void tool_same_file(const char *name, const char *as, uint64_t offset, uint64_t length)
{
    size_t size, as_size;
    char *got = tool_read_file(name, &size), *wanted = tool_read_file(as, &as_size);

    T_TRUE(offset <= as_size);
    length = length == TOOL_ALL ? as_size - offset : length;
    if (size != length)
        T_FAIL("%s has %zu bytes, not %" PRIu64, name, size, length);
    for (size_t i = 0; i < size; i++)
        if (got[i] != wanted[offset + i])
            T_FAIL("byte %zu of %s is not that of %s", i, name, as);
    free(got);
    free(wanted);
}
