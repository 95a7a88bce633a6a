/* SPDX-License-Identifier: MIT */
/* A Windows program that checks its arguments and the abilities of the system. Exit status 0: all as expected. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int expect(int truth, const char *what)
{
    if (!truth) {
        printf("not so: %s (error %lu)\n", what, GetLastError());
        fflush(stdout);
    }
    return truth ? 0 : 1;
}

/* The arguments of CMakeLists.txt: blanks, quotes, backslashes, and characters that a shell or C runtime expands. */
static int arguments(int count, char **given)
{
    static const char *const expected[] = { "a b", "", "c\"d", "e\\f", "g h\\", "*.c", "%PATH%", "a;b", "$HOME" };
    int number = (int)(sizeof expected / sizeof *expected);
    int wrong = expect(count == number, "the number of arguments");

    for (int i = 0; i < number && !wrong; i++)
        wrong = expect(strcmp(given[i], expected[i]) == 0, expected[i]);
    return wrong;
}

static int environment(const char *expected)
{
    const char *value = getenv("WINDOWS_CHECK");

    return expect(value && strcmp(value, expected) == 0, "the environment variable");
}

/* An argument in UTF-8 arrives in UTF-16. */
static int wide(void)
{
    return expect(wcsstr(GetCommandLineW(), L" Gr\u00f6\u00dfe") != NULL, "the argument in UTF-16");
}

/* Starts itself, and gets all 32 bits of the status. */
static int child(char *self)
{
    STARTUPINFOA startup = { .cb = sizeof startup };
    PROCESS_INFORMATION process;
    DWORD status = 0;
    char line[MAX_PATH + 32];

    snprintf(line, sizeof line, "\"%s\" exit 123456", self);
    if (expect(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process), "CreateProcess"))
        return 1;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    return expect(status == 123456, "the child's exit status");
}

/* mingw-w64 has neither all of these declarations nor a library with these calls. */
typedef PVOID WINAPI virtual_alloc2(HANDLE, PVOID, SIZE_T, ULONG, ULONG, void *, ULONG);
typedef PVOID WINAPI map_view3(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, void *, ULONG);
#define RESERVE_PLACEHOLDER  0x00040000
#define REPLACE_PLACEHOLDER  0x00004000
#define PRESERVE_PLACEHOLDER 0x00000002

/* Reserves two pieces as one, splits them, and maps a section over the second. */
static int has_placeholders(void)
{
    const SIZE_T piece = 65536;
    HMODULE module = GetModuleHandleA("kernelbase.dll");
    virtual_alloc2 *alloc = (virtual_alloc2 *)(void (*)(void))GetProcAddress(module, "VirtualAlloc2");
    map_view3 *map = (map_view3 *)(void (*)(void))GetProcAddress(module, "MapViewOfFile3");
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)piece, NULL);
    char *base, *view;

    if (!alloc || !map || !section)
        return 0;
    base = alloc(GetCurrentProcess(), NULL, 2 * piece, MEM_RESERVE | RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    if (!base) {
        printf("VirtualAlloc2: error %lu\n", GetLastError());
        return 0;
    }
    if (!VirtualFree(base, piece, MEM_RELEASE | PRESERVE_PLACEHOLDER)) {
        printf("VirtualFree: error %lu\n", GetLastError());
        return 0;
    }
    view = map(section, GetCurrentProcess(), base + piece, 0, piece, REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    if (view != base + piece) {
        printf("MapViewOfFile3: error %lu\n", GetLastError());
        return 0;
    }
    memset(view, 'x', piece);
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(what, "arguments") == 0)
        return arguments(argc - 2, argv + 2);
    if (strcmp(what, "environment") == 0)
        return environment(argv[2]);
    if (strcmp(what, "wide") == 0)
        return wide();
    if (strcmp(what, "child") == 0)
        return child(argv[0]);
    if (strcmp(what, "placeholders") == 0)
        return expect(has_placeholders() == (strcmp(argv[2], "yes") == 0), argv[2]);
    return 99;
}
