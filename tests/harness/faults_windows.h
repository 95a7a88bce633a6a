/* SPDX-License-Identifier: MIT */
/*
 * faults_windows.h - makes any Win32 call of the library fail: the n-th use of a kind of call gives an error of choice.
 *
 * Between t_inject_begin and t_inject_end the library's table of calls (st_win) leads here. All calls count what they
 * open and close, so that leaks are seen without asking the system each time.
 */
#ifndef T_FAULTS_WINDOWS_H
#define T_FAULTS_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "os/windows/sys.h"

/* Every kind of call in the table: kind, what it gives when it fails. */
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

void t_inject_begin(void); /* replace the table */
void t_inject_end(void);   /* and put the system's own back */

/*
 * The nth use (from 1) of `call` from now on fails with `error`; with `for_good` all later ones too. What gives
 * something back (CloseHandle, ReleaseMutex, UnmapViewOfFile, VirtualFree of a whole reservation) does so and then
 * reports a failure: left undone it would be the injection that leaks.
 */
void t_inject(enum t_call call, unsigned nth, DWORD error, bool for_good);
bool t_inject_over(void); /* back to undisturbed; did it fail? */

/* Runs at every call: before those that make something, behind those that give something back. */
void t_inject_before(void (*before)(void));

/* Handles and views that the library has opened and not closed since t_inject_begin. */
typedef struct t_balance {
    int64_t handles, views;
} t_balance;
t_balance t_inject_balance(void);

/* How many calls have failed so far, in all. */
unsigned t_inject_count(void);

/* The system's own calls, for those who replace one themselves in between. */
extern struct st_win t_win_real;

#endif
