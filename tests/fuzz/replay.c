/* SPDX-License-Identifier: MIT */
/* replay.c - a main for compilers without libFuzzer: runs the inputs in the files and folders of its arguments. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define LARGEST_INPUT 4096

static unsigned inputs;

static int run_file(const char *path)
{
    uint8_t data[LARGEST_INPUT];
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file) {
        perror(path);
        return 1;
    }
    length = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, length);
    inputs++;
    return 0;
}

static int run(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int failed = 0;

    if (!folder)
        return run_file(path);
    while ((entry = readdir(folder)) != NULL) {
        char inside[4096];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        failed |= run_file(inside);
    }
    (void)closedir(folder);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= run(argv[i]);
    printf("%u inputs\n", inputs);
    return failed || inputs == 0;
}
