/* SPDX-License-Identifier: MIT */
/*
 * faults_windows.h - makes any Win32 call of the library fail: the n-th use of a kind of call gives an error of choice.
 *
 * Between t_faults_begin and t_faults_end the library's table of calls (st_win) leads here. All calls count what they
 * open and close, so that leaks are seen without asking the system each time.
 */
#ifndef T_FAULTS_WINDOWS_H
#define T_FAULTS_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "os/windows/sys.h"

/* Every kind of call in the table. */
#define T_CALLS(X)                                                                                                     \
    X(CreateFileMappingW)                                                                                              \
    X(OpenFileMappingW)                                                                                                \
    X(CloseHandle)                                                                                                     \
    X(MapViewOfFile)                                                                                                   \
    X(MapViewOfFileEx)                                                                                                 \
    X(UnmapViewOfFile)                                                                                                 \
    X(VirtualAlloc)                                                                                                    \
    X(VirtualFree)                                                                                                     \
    X(VirtualQuery)                                                                                                    \
    X(VirtualQueryEx)                                                                                                  \
    X(CreateMutexExW)                                                                                                  \
    X(ReleaseMutex)                                                                                                    \
    X(CreateEventExW)                                                                                                  \
    X(OpenEventW)                                                                                                      \
    X(SetEvent)                                                                                                        \
    X(ResetEvent)                                                                                                      \
    X(WaitForSingleObject)                                                                                             \
    X(PrivilegeCheck)                                                                                                  \
    X(VirtualAlloc2)                                                                                                   \
    X(MapViewOfFile3)                                                                                                  \
    X(UnmapViewOfFile2)

enum t_call {
#define T_CALL_ENUM(name) T_CALL_##name,
    T_CALLS(T_CALL_ENUM)
#undef T_CALL_ENUM
        T_CALL_COUNT
};

const char *t_call_name(enum t_call call);

void t_faults_begin(void); /* replaces the table */
void t_faults_end(void);   /* restores the system's own */

/*
 * Makes the nth use (from 1) of `call` fail with `error`, and with `for_good` all later ones too. A call that gives
 * something back (CloseHandle, ReleaseMutex, UnmapViewOfFile, VirtualFree of a whole reservation) does so and then
 * reports a failure: otherwise the injection would leak.
 */
void t_faults_nth(enum t_call call, unsigned nth, DWORD error, bool for_good);
bool t_faults_over(void); /* no call fails any more; returns whether that one has */

/* Sets a function that runs at every call: before calls that make something, after calls that give something back. */
void t_faults_before(void (*before)(void));

/* Returns how many handles and views the library has opened and not closed since t_faults_begin. */
typedef struct t_balance {
    int64_t handles, views;
} t_balance;
t_balance t_faults_balance(void);

/* Returns how many calls have failed so far, in all. */
unsigned t_faults_count(void);

/* The system's own calls, for a test that replaces one by itself. */
extern struct st_win t_win_real;

#endif
