/* SPDX-License-Identifier: MIT */
/*
 * faults_windows.c - calls that replace the system's, and fail when a test says so.
 */
#include "faults_windows.h"

#include "test.h"

struct st_win t_win_real;

static struct {
    enum t_call call;
    unsigned nth, used;
    DWORD error;
    bool armed, for_good, failed;
} plan;

enum { HANDLES = 256 };
static HANDLE handles[HANDLES]; /* opened by the table's calls, and open now */
static t_balance balance;
static unsigned failures;
static void (*before_each)(void);

/* Returns whether this call must fail now. */
static bool strikes(enum t_call call)
{
    if (before_each)
        before_each();
    if (!plan.armed || plan.call != call)
        return false;
    plan.used++;
    if (plan.used < plan.nth || (plan.used > plan.nth && !plan.for_good))
        return false;
    plan.failed = true;
    failures++;
    return true;
}

static void set_error(void)
{
    SetLastError(plan.error);
}

static HANDLE opened(HANDLE handle)
{
    DWORD error = GetLastError(); /* the library reads ERROR_ALREADY_EXISTS */

    T_TRUE(balance.handles < HANDLES);
    if (handle)
        handles[balance.handles++] = handle;
    SetLastError(error);
    return handle;
}

static void closed(HANDLE handle)
{
    for (int64_t i = 0; i < balance.handles; i++)
        if (handles[i] == handle) {
            handles[i] = handles[--balance.handles];
            return;
        }
}

static void *mapped(void *view)
{
    balance.views += view != NULL;
    return view;
}

/* --------------------------------------------------------------------------------- calls that make something --- */

#define FAILS(name, value)                                                                                             \
    if (strikes(T_CALL_##name)) {                                                                                      \
        set_error();                                                                                                   \
        return value;                                                                                                  \
    }

static HANDLE WINAPI create_file_mapping(HANDLE file, LPSECURITY_ATTRIBUTES security, DWORD protection, DWORD high,
                                         DWORD low, LPCWSTR name)
{
    FAILS(CreateFileMappingW, NULL)
    return opened(t_win_real.CreateFileMappingW(file, security, protection, high, low, name));
}

static HANDLE WINAPI open_file_mapping(DWORD access, BOOL inherit, LPCWSTR name)
{
    FAILS(OpenFileMappingW, NULL)
    return opened(t_win_real.OpenFileMappingW(access, inherit, name));
}

static HANDLE WINAPI create_mutex(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags, DWORD access)
{
    FAILS(CreateMutexExW, NULL)
    return opened(t_win_real.CreateMutexExW(security, name, flags, access));
}

static HANDLE WINAPI create_event(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags, DWORD access)
{
    FAILS(CreateEventExW, NULL)
    return opened(t_win_real.CreateEventExW(security, name, flags, access));
}

static HANDLE WINAPI open_event(DWORD access, BOOL inherit, LPCWSTR name)
{
    FAILS(OpenEventW, NULL)
    return opened(t_win_real.OpenEventW(access, inherit, name));
}

static void *WINAPI map_view(HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T size)
{
    FAILS(MapViewOfFile, NULL)
    return mapped(t_win_real.MapViewOfFile(section, access, high, low, size));
}

static void *WINAPI map_view_ex(HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T size, void *at)
{
    FAILS(MapViewOfFileEx, NULL)
    return mapped(t_win_real.MapViewOfFileEx(section, access, high, low, size, at));
}

static void *WINAPI map_view_3(HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T size, ULONG type,
                               ULONG protection, struct st_extended_parameter *parameters, ULONG count)
{
    FAILS(MapViewOfFile3, NULL)
    return mapped(t_win_real.MapViewOfFile3(section, process, at, offset, size, type, protection, parameters, count));
}

static void *WINAPI virtual_alloc(void *at, SIZE_T size, DWORD type, DWORD protection)
{
    FAILS(VirtualAlloc, NULL)
    return t_win_real.VirtualAlloc(at, size, type, protection);
}

static void *WINAPI virtual_alloc_2(HANDLE process, void *at, SIZE_T size, ULONG type, ULONG protection,
                                    struct st_extended_parameter *parameters, ULONG count)
{
    FAILS(VirtualAlloc2, NULL)
    return t_win_real.VirtualAlloc2(process, at, size, type, protection, parameters, count);
}

static SIZE_T WINAPI virtual_query(const void *at, MEMORY_BASIC_INFORMATION *out, SIZE_T size)
{
    FAILS(VirtualQuery, 0)
    return t_win_real.VirtualQuery(at, out, size);
}

static SIZE_T WINAPI virtual_query_ex(HANDLE process, const void *at, MEMORY_BASIC_INFORMATION *out, SIZE_T size)
{
    FAILS(VirtualQueryEx, 0)
    return t_win_real.VirtualQueryEx(process, at, out, size);
}

static BOOL WINAPI set_event(HANDLE event)
{
    FAILS(SetEvent, FALSE)
    return t_win_real.SetEvent(event);
}

static BOOL WINAPI reset_event(HANDLE event)
{
    FAILS(ResetEvent, FALSE)
    return t_win_real.ResetEvent(event);
}

static DWORD WINAPI wait_for(HANDLE object, DWORD milliseconds)
{
    FAILS(WaitForSingleObject, WAIT_FAILED)
    return t_win_real.WaitForSingleObject(object, milliseconds);
}

static BOOL WINAPI privilege_check(HANDLE token, PRIVILEGE_SET *wanted, LPBOOL result)
{
    FAILS(PrivilegeCheck, FALSE)
    return t_win_real.PrivilegeCheck(token, wanted, result);
}

/* ---------------------------------------------------------------------------- calls that give something back --- */

/* These are made and then report a failure. */
static BOOL report(enum t_call call, BOOL done)
{
    if (!strikes(call))
        return done;
    set_error();
    return FALSE;
}

static BOOL WINAPI close_handle(HANDLE handle)
{
    BOOL done = t_win_real.CloseHandle(handle);

    if (done)
        closed(handle);
    return report(T_CALL_CloseHandle, done);
}

static BOOL WINAPI release_mutex(HANDLE mutex)
{
    return report(T_CALL_ReleaseMutex, t_win_real.ReleaseMutex(mutex));
}

static BOOL WINAPI unmap_view(const void *view)
{
    BOOL done = t_win_real.UnmapViewOfFile(view);

    balance.views -= done != 0;
    return report(T_CALL_UnmapViewOfFile, done);
}

/* This one fails and leaves the view: the library can still call UnmapViewOfFile. */
static BOOL WINAPI unmap_view_2(HANDLE process, void *view, ULONG flags)
{
    BOOL done;

    FAILS(UnmapViewOfFile2, FALSE)
    done = t_win_real.UnmapViewOfFile2(process, view, flags);
    balance.views -= done != 0;
    return done;
}

static BOOL WINAPI virtual_free(void *at, SIZE_T size, DWORD type)
{
    if (type == MEM_RELEASE)
        return report(T_CALL_VirtualFree, t_win_real.VirtualFree(at, size, type));
    FAILS(VirtualFree, FALSE) /* it splits or joins placeholders */
    return t_win_real.VirtualFree(at, size, type);
}

/* ----------------------------------------------------------------------------------------------------- control --- */

const char *t_call_name(enum t_call call)
{
    static const char *const names[] = {
#define T_CALL_NAME(name) #name,
        T_CALLS(T_CALL_NAME)
#undef T_CALL_NAME
    };

    return names[call];
}

void t_faults_begin(void)
{
    (void)st_win_has_placeholders(); /* it is looked up once, undisturbed */
    if (!t_win_real.CloseHandle)
        t_win_real = st_win;
    balance = (t_balance){ 0, 0 };
    plan.armed = false;
    st_win.CreateFileMappingW = create_file_mapping;
    st_win.OpenFileMappingW = open_file_mapping;
    st_win.CloseHandle = close_handle;
    st_win.MapViewOfFile = map_view;
    st_win.MapViewOfFileEx = map_view_ex;
    st_win.UnmapViewOfFile = unmap_view;
    st_win.VirtualAlloc = virtual_alloc;
    st_win.VirtualFree = virtual_free;
    st_win.VirtualQuery = virtual_query;
    st_win.VirtualQueryEx = virtual_query_ex;
    st_win.CreateMutexExW = create_mutex;
    st_win.ReleaseMutex = release_mutex;
    st_win.CreateEventExW = create_event;
    st_win.OpenEventW = open_event;
    st_win.SetEvent = set_event;
    st_win.ResetEvent = reset_event;
    st_win.WaitForSingleObject = wait_for;
    st_win.PrivilegeCheck = privilege_check;
    st_win.VirtualAlloc2 = virtual_alloc_2;
    st_win.MapViewOfFile3 = map_view_3;
    st_win.UnmapViewOfFile2 = unmap_view_2;
}

void t_faults_end(void)
{
    plan.armed = false;
    if (t_win_real.CloseHandle)
        st_win = t_win_real;
}

void t_faults_nth(enum t_call call, unsigned nth, DWORD error, bool for_good)
{
    plan.call = call;
    plan.nth = nth;
    plan.used = 0;
    plan.error = error;
    plan.for_good = for_good;
    plan.failed = false;
    plan.armed = true;
}

void t_faults_before(void (*before)(void))
{
    before_each = before;
}

bool t_faults_over(void)
{
    plan.armed = false;
    return plan.failed;
}

t_balance t_faults_balance(void)
{
    return balance;
}

unsigned t_faults_count(void)
{
    return failures;
}
