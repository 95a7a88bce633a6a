/* SPDX-License-Identifier: MIT */
/*
 * waiting.pml - the announcements of waiters (when a writer publishes, when a handle waits) for the model checker Spin:
 * a writer that lives never misses a sleeper. model.sh runs it, and runs each BROKEN_... variant alone.
 *
 * There are two announcement words, as in the directory and in the roster: a waiter uses one, a writer reads both. Both
 * sides store one word and then load another ("announce, then look"). Release and acquire do not order these, so the
 * stores and loads are sequentially consistent (st_store_ordered, st_load_ordered in src/base/atomic.h), and so is a
 * step here. The kernel makes the waiter's load, of the futex word, after a full barrier of its own. The broken
 * variants let a store stay in a store buffer until after the load that follows it.
 *
 * A writer that is killed between clearing and waking may leave sleepers; because of them no waiter sleeps longer than
 * LOOK_AGAIN_MS. A waiter may be killed anywhere.
 */

#define WRITERS 2
#define WAITERS 3
#define PUBLICATIONS 1 /* of each writer */

byte generation;
bool waiting[2];
byte lock;
byte ended;
byte seen[WAITERS];
bool asleep[WAITERS];

/* The kernel checks the word and puts the waiter to sleep in one step, as wake-ups see it. */
#define LOOK_AND_SLEEP atomic { if :: generation == seen[me] -> asleep[me] = 1 :: else fi }

proctype Waiter(byte me)
{
    byte word = me & 1;

    do
    :: generation == seen[me] ->
#ifdef BROKEN_ANNOUNCEMENT
        LOOK_AND_SLEEP;
        waiting[word] = 1;
#else
        waiting[word] = 1;
        LOOK_AND_SLEEP;
#endif
        !asleep[me]
    :: generation != seen[me] -> seen[me] = generation
    :: goto killed
    od;
killed:
    skip
}

inline take(which)
{
    if
    :: waiting[which] ->
#ifndef BROKEN_CLEAR_LATE
        waiting[which] = 0;
#endif
        wake = 1
    :: else
    fi
}

inline wake_all()
{
    atomic { asleep[0] = 0; asleep[1] = 0; asleep[2] = 0 }
}

proctype Writer()
{
    byte left = PUBLICATIONS;
    bool wake;

    do
    :: left > 0 ->
        atomic { lock == 0 -> lock = 1 };
        take(0);
        take(1);
#ifdef BROKEN_STORE_BUFFER
        if
        :: waiting[0] -> wake = 1
        :: else
        fi;
        if
        :: waiting[1] -> wake = 1
        :: else
        fi;
        generation++;
#else
        generation++;
#ifdef BROKEN_CLEAR_LATE
        waiting[0] = 0;
        waiting[1] = 0;
#endif
#ifndef BROKEN_ONE_LOOK
        if
        :: waiting[0] -> wake = 1
        :: else
        fi;
#ifndef BROKEN_ONE_WORD
        if
        :: waiting[1] -> wake = 1
        :: else
        fi;
#endif
#endif
#endif
        if
        :: wake -> wake_all()
        :: else
        fi;
        wake = 0;
        left--;
        lock = 0
    :: else -> break
    od;
    ended++
}

/* Every writer has ended: no waiter sleeps for a generation that has passed. */
proctype Watch()
{
    byte i;

    ended == WRITERS;
    do
    :: i < WAITERS -> assert(!asleep[i] || seen[i] == generation); i++
    :: else -> break
    od
}

init
{
    byte i;

    atomic {
        do
        :: i < WRITERS -> run Writer(); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WAITERS -> run Waiter(i); i++
        :: else -> break
        od;
        run Watch()
    }
}
