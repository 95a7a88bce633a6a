/* SPDX-License-Identifier: MIT */
/*
 * protocol.pml - the directory's protocol for the model checker Spin: publish, snapshot, journal, recovery, and a death
 * or a failure at every step. model.sh runs it, and runs each BROKEN_... variant alone, which must fail.
 *
 * THE PROPERTIES, by the names beside the assertions below
 *   whole     a reader never accepts a mixed snapshot: record and entries belong to one publication
 *   there     every segment that an accepted snapshot lists can be opened, or the generation has moved since
 *   same      the object that is opened under a listed id is the listed one: no published id is ever used again
 *   paid      when a size is published, every page of it is backed by memory
 *   zero      bytes that grow publishes read as zero, whatever followers and dead writers have stored there before
 *   given     with the journal closed, the last extent has no memory past the commit mark, except where a follower
 *             with an old size has stored since
 *   orphans   with the journal closed, the objects that have names are exactly the listed ones
 *   sound     wherever a writer dies, the next one finds a state that passes the checks, and goes on
 *
 * TWO CONFIGURATIONS, since their product is too large for a minute
 *   LIFE      WRITERS processes that grow, append and shrink, die (CRASHES times in all) and fail (FAULTS times), with
 *             memory by cell; without a reader
 *   READER    the same writers without cells, and a reader whose loads return any value that the memory model allows
 *
 * MEMORY. All stores of writers to the directory are releases and all loads are acquires (st_store and st_load in
 * src/base/atomic.h; st_store_ordered, of the generation, is a release too). Writers exclude each other by a lock of
 * the kernel (st_os_writer_lock). It orders the stores of one writer before the actions of the next, also if the first
 * was killed. So all stores stand in one order of happens-before, and the model keeps them as one log. By C11's rules
 * for acquire and release a load may then return any store of that word, however old, that is not older than the newest
 * one that happened before the values that this thread has read already. Having read one, the thread has seen
 * everything that the log holds before it. That is `view`: the place in the log up to which the reader must know
 * everything. This is weaker than any machine: no store buffer, reordering or stale cache line shows a reader more than
 * these choices. Since a load may return an old store at any time, a reader that runs late sees everything that a
 * reader in between could have seen. So it starts when the writers have ended, and nothing is lost. Readers store
 * nothing that writers depend on (except one word, see waiting.pml), so one reader is enough. Names in the folder count
 * as words of the same log: the locks of the kernel order linkat, unlinkat and openat among themselves at least as
 * well.
 *
 * ABSTRACTIONS. A size is in cells; PAGE cells make a page, EXTENT cells a segment. An entry has an id and one more
 * word, which identifies the object and replaces offset and extent. `first` is always 0 and left out. A follower that
 * has not synced stores wherever it ever could, before each turn of a writer. That is the worst that it can do, except
 * at the very moment of a grow, which the header forbids to callers.
 */

/* ------------------------------------------------------------------------------------------------- bounds --- */

#define RING 2              /* entries, and so the most segments */
#ifdef READER
#define PAGE   1
#define EXTENT 2
#define LARGEST 3           /* size; possible are 0, half a segment, one, one and a half */
#else
#define PAGE   2
#define EXTENT 4
#define LARGEST (RING * EXTENT)
#endif
#define LAST (1 + PUBLICATIONS)             /* no operation begins with this generation */
#define STATES (LAST + 2 * CRASHES + 2)     /* recovery may publish too */
#define IDS (PUBLICATIONS + CRASHES + FAULTS + 3)

/* -------------------------------------------------------------------------------------------- shared words --- */

#define SIZE 0
#define DIRTY_END 1
#define COMMIT 2
#define COUNT 3
#define NEXT 4
#define WORDS 5

#define GENERATION 0
#define RECORD(parity, word) (1 + (parity) * WORDS + (word))
#define ENTRY(place, word) (1 + 2 * WORDS + (place) * 2 + (word))
#define NAME(id) (1 + 2 * WORDS + 2 * RING + (id)) /* the object of that name, 0: none */
#define LOCATIONS (NAME(0) + IDS)

#define FIRST_VALUE(at) ((at) == GENERATION || (at) == RECORD(1, NEXT) -> 1 : 0)

byte memory[LOCATIONS];     /* as the holder of the lock reads it */
byte journal;
byte lock;                  /* 0: free */
byte serial;                /* of the last object made: distinguishes objects, whatever their names */
byte crashes, faults;
byte ended;                 /* number of writers that have ended */

#ifdef READER
#define LOG 90
byte log_at[LOG], log_value[LOG]; /* from 1 on; 0 stands for the initial values */
byte log_end = 1;
#endif

#ifdef LIFE
byte dirty[RING];           /* a bit for each cell of the object at that place that does not read as zero */
byte held[RING];            /* a bit for each page that is backed by memory */
byte reach[RING];           /* cells in which any process may ever have stored; followers with an old size still may */
#endif

/* The published states, for the properties. */
byte told_size[STATES], told_count[STATES], told_next[STATES];
byte told_id[STATES * RING], told_object[STATES * RING];

inline store(at, value)
{
    d_step {
        memory[at] = value;
#ifdef READER
        assert(log_end < LOG);
        log_at[log_end] = at;
        log_value[log_end] = value;
        log_end++;
#endif
    }
}

inline note_publication(g, j)
{
    told_size[(g)] = t_size;
    told_count[(g)] = t_count;
    told_next[(g)] = t_next;
    j = 0;
    do
    :: j < t_count ->
        told_id[(g) * RING + j] = (added && j == t_count - 1 -> new_id : id[j]);
        told_object[(g) * RING + j] = (added && j == t_count - 1 -> new_object : object[j]);
        j++
    :: else -> break
    od
}

/* ---------------------------------------------------------------------------------------------- a writer --- */

/* Does a step, or kills the process before it. The last step of an operation is followed by the unlocking. */
#define STEP(what) if :: what :: crashes < CRASHES -> crashes++; goto died fi
#define FAULT faults < FAULTS -> faults++

#define UP(size) (((size) + PAGE - 1) / PAGE * PAGE)
#define LESS(a, b) ((a) < (b) -> (a) : (b))
#define END_OF(count) ((count) * EXTENT)

/* st_directory_snapshot with the lock: no other process stores, so the first copy is whole. Keeps entries if it can. */
inline take_over()
{
    d_step {
        gen = memory[GENERATION];
        parity = gen & 1;
#ifdef BROKEN_ONE_RECORD
        parity = 0;
#endif
        size = memory[RECORD(parity, SIZE)];
        dirty_end = memory[RECORD(parity, DIRTY_END)];
        commit = memory[RECORD(parity, COMMIT)];
        if
        :: count == memory[RECORD(parity, COUNT)] && next == memory[RECORD(parity, NEXT)] -> skip
        :: else ->
            count = memory[RECORD(parity, COUNT)];
            next = memory[RECORD(parity, NEXT)];
            i = 0;
            do
            :: i < count -> id[i] = memory[ENTRY(i, 0)]; object[i] = memory[ENTRY(i, 1)]; i++
            :: else -> break
            od
        fi;
        /* sound */
        assert(size <= dirty_end && size <= commit && commit <= END_OF(count) && count < next && count <= RING);
        assert(count == 0 || size > END_OF(count - 1));
        i = 0;
        do
        :: i < count ->
            assert(id[i] < next && (i == 0 || id[i] > id[(i == 0 -> 0 : i - 1)]));
            assert(memory[NAME(id[i])] == object[i]); /* there, same */
            i++
        :: else -> break
        od;
        i = 0
    }
}

/* st_directory_publish of t_..., with `added` as its last entry. */
inline publish()
{
    parity = (gen + 1) & 1;
#ifdef BROKEN_ONE_RECORD
    parity = 0;
#endif
#ifdef BROKEN_ORDER
    STEP(make_count());
#endif
    if
    :: added -> STEP(store(ENTRY(t_count - 1, 0), new_id)); STEP(store(ENTRY(t_count - 1, 1), new_object))
    :: else
    fi;
    STEP(store(RECORD(parity, SIZE), t_size));
#ifdef LIFE
    STEP(store(RECORD(parity, DIRTY_END), t_dirty_end));
    STEP(store(RECORD(parity, COMMIT), t_commit));
#else
    d_step { memory[RECORD(parity, DIRTY_END)] = t_dirty_end; memory[RECORD(parity, COMMIT)] = t_commit };
#endif
    STEP(store(RECORD(parity, COUNT), t_count));
    STEP(store(RECORD(parity, NEXT), t_next));
#ifndef BROKEN_ORDER
    STEP(make_count());
#endif
    d_step {
        size = t_size; dirty_end = t_dirty_end; commit = t_commit; count = t_count; next = t_next;
        if
        :: added -> id[count - 1] = new_id; object[count - 1] = new_object
        :: else
        fi;
        gen++;
        added = 0
    }
}

/* The one store that makes the new state count. */
inline make_count()
{
    d_step {
#ifdef LIFE
        check_paid_and_zero();
        if
        :: t_count > 0 && reach[t_count - 1] < t_size - END_OF(t_count - 1) ->
            reach[t_count - 1] = t_size - END_OF(t_count - 1)
        :: else
        fi;
        if
        :: t_count > 1 -> reach[0] = EXTENT
        :: else
        fi;
#endif
        note_publication(gen + 1, i);
        i = 0;
        memory[GENERATION] = gen + 1;
#ifdef READER
        assert(log_end < LOG);
        log_at[log_end] = GENERATION;
        log_value[log_end] = gen + 1;
        log_end++;
#endif
    }
}

#ifdef LIFE
#define HAS_CELL(mask, cell) (mask[(cell) / EXTENT] & (1 << ((cell) % EXTENT)))
#define HAS_PAGE(cell) (held[(cell) / EXTENT] & (1 << ((cell) % EXTENT / PAGE)))

inline check_paid_and_zero()
{
    i = 0;
    do
    :: i < t_size ->
        assert(HAS_PAGE(i)); /* paid */
        assert(i < size || data || !HAS_CELL(dirty, i)); /* zero */
        i++
    :: else -> break
    od
}

/* Lets followers with an old size store once more, wherever they ever could. */
inline disturb()
{
    d_step {
        i = 0;
        do
        :: i < RING ->
            dirty[i] = dirty[i] | ((1 << reach[i]) - 1);
            held[i] = held[i] | ((1 << (UP(reach[i]) / PAGE)) - 1);
            i++
        :: else -> break
        od;
        i = 0
    }
}

/* Give the whole pages of [from, to), in one segment, back; back them with memory. */
inline punch(from, to)
{
    d_step {
        i = from;
        do
        :: i < to ->
            dirty[i / EXTENT] = dirty[i / EXTENT] & ~(1 << (i % EXTENT));
            held[i / EXTENT] = held[i / EXTENT] & ~(1 << (i % EXTENT / PAGE));
            i++
        :: else -> break
        od;
        i = 0
    }
}

inline allocate(from, to)
{
    d_step {
        i = from;
        do
        :: i < to -> held[i / EXTENT] = held[i / EXTENT] | (1 << (i % EXTENT / PAGE)); i++
        :: else -> break
        od;
        i = 0
    }
}

inline fill(from, to, value)
{
    d_step {
        i = from;
        do
        :: i < to ->
            dirty[i / EXTENT] = (dirty[i / EXTENT] & ~(1 << (i % EXTENT))) | (value << (i % EXTENT));
            if
            :: value && reach[i / EXTENT] <= i % EXTENT -> reach[i / EXTENT] = i % EXTENT + 1
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0
    }
}
#endif

/* Checks given and orphans, for the current state, whose entries this writer has. */
inline check_rest()
{
    d_step {
        i = 1;
        do
        :: i < IDS ->
            assert(memory[NAME(i)] == 0 || (count > 0 && i == id[0]) || (count > 1 && i == id[1]));
            i++
        :: else -> break
        od;
        i = 0
    }
}

#ifdef LIFE
#define NOTHING_BEYOND (count == 0 || (held[count - 1] >> (commit - END_OF(count - 1)) / PAGE) == 0)
#endif

inline close_journal()
{
    if
    :: !owing ->
        check_rest();
        STEP(journal = 0)
    :: else
    fi
}

#define IS_LISTED(which) ((count > 0 && (which) == id[0]) || (count > 1 && (which) == id[1]))

/* st_recover, with the writer lock. */
inline recover()
{
    if
    :: journal > dirty_end -> /* mark_used */
        d_step {
            t_size = size; t_dirty_end = LESS(journal, END_OF(RING)); t_commit = commit; t_count = count; t_next = next;
            added = 0; data = 0
        }
        publish()
    :: else
    fi;
    do
    :: d_step { /* the next one that is not listed */
            which++;
            do
            :: which < IDS && (memory[NAME(which)] == 0 || IS_LISTED(which)) -> which++
            :: else -> break
            od
        };
        if
        :: which < IDS ->
            if
            :: store(NAME(which), 0)
            :: crashes < CRASHES -> crashes++; goto died
            :: FAULT; owing = 1
            fi
        :: else -> which = 0; break
        fi
    od;
#ifdef LIFE
    if
    :: count > 0 ->
        if
        :: punch(commit, END_OF(count)); assert(owing || NOTHING_BEYOND) /* given */
        :: crashes < CRASHES -> crashes++; goto died
        :: FAULT; owing = 1
        fi
    :: else
    fi;
#endif
    close_journal()
}

/* Opens the journal. It tells how far an append may have stored. */
inline open_journal(stores_below)
{
#ifdef BROKEN_NO_JOURNAL
    skip
#else
#ifdef BROKEN_APPEND
    STEP(journal = 1)
#else
    STEP(journal = stores_below)
#endif
#endif
}

/* add_segment: makes an object without a name, backs it with memory, then gives it its name. */
inline add_segment()
{
    d_step {
        serial++;
        new_object = serial;
#ifdef LIFE
        dirty[count] = 0; held[count] = 0; reach[count] = 0;
#endif
    }
#ifdef LIFE
    upto = LESS(UP(target), END_OF(count + 1));
    STEP(allocate(END_OF(count), upto));
#endif
    new_id = t_next;
#ifdef BROKEN_ID
    new_id = count + 1;
#endif
    do
    :: memory[NAME(new_id)] != 0 -> new_id++; assert(new_id < IDS) /* the name is taken: skip_ids */
    :: else -> break
    od;
#ifndef BROKEN_UNNAMED
    STEP(store(NAME(new_id), new_object));
#else
    skip;
#endif
    d_step {
        t_next = new_id + 1; t_count = count + 1; t_commit = LESS(UP(target), END_OF(t_count)); added = 1
    }
}

/* Grows to `target`, in the last extent or by one more segment. */
inline grow()
{
    d_step {
        t_size = size; t_dirty_end = dirty_end; t_commit = commit; t_count = count; t_next = next;
        added = 0; failed = 0
    }
    if
    :: data -> open_journal(target)
    :: !data && target > commit -> open_journal(1)
    :: else
    fi;
    if
    :: target > commit ->
#ifdef LIFE
        if
        :: count > 0 && commit < LESS(UP(target), END_OF(count)) -> /* commit_tail */
            t_commit = LESS(UP(target), END_OF(count));
#ifndef BROKEN_RUBBISH
            STEP(punch(commit, t_commit));
#endif
            STEP(allocate(commit, t_commit))
        :: else
        fi;
#endif
        if
        :: target > END_OF(count) ->
            if
            :: add_segment()
            :: FAULT; failed = 1
            fi
        :: else
        fi;
#ifndef LIFE
        t_commit = LESS(UP(target), END_OF(t_count))
#endif
    :: else
    fi;
#ifdef LIFE
    if
    :: failed
    :: else -> /* cover */
        if
        :: data -> STEP(fill(size, target, 1))
        :: else ->
#ifndef BROKEN_DIRTY_END
            upto = LESS(dirty_end, commit);
            upto = LESS(target, upto);
            STEP(fill(size, upto, 0))
#else
            skip
#endif
        fi
    fi;
#endif
    if
    :: failed -> /* undo: gives the memory of the tail back */
#ifdef LIFE
        if
        :: t_commit > commit && count > 0 -> STEP(punch(commit, t_commit))
        :: else
        fi;
#endif
        d_step { t_size = 0; t_dirty_end = 0; t_commit = 0; t_count = 0; t_next = 0; failed = 0 }
    :: else ->
        d_step { t_size = target; t_dirty_end = (t_dirty_end > target -> t_dirty_end : target) }
        publish();
#ifdef BROKEN_UNNAMED
        if
        :: count > 0 && memory[NAME(id[count - 1])] == 0 -> STEP(store(NAME(id[count - 1]), object[count - 1]))
        :: else
        fi
#endif
    fi;
    close_journal()
}

/* remove_names: of the segments that were listed after the first `count`, newest ids last. */
inline remove_names(from, to)
{
    which = from;
    do
    :: which < to ->
        if
        :: store(NAME(id[which]), 0)
        :: crashes < CRASHES -> crashes++; goto died
        :: FAULT; failed = 1
        fi;
        which++
    :: else -> break
    od;
    which = 0
}

/* Shrinks to `target`. Publishes first, then removes names and memory. */
inline shrink()
{
    d_step {
        t_count = count; t_next = next; added = 0; failed = 0; data = 0;
        do
        :: t_count > 0 && END_OF(t_count - 1) >= target -> t_count--
        :: else -> break
        od;
        t_size = target;
        t_commit = LESS(commit, UP(target));
        t_dirty_end = LESS(dirty_end, END_OF(t_count));
        old_count = count
    }
#ifdef BROKEN_ID
    t_next = t_count + 1;
#endif
    open_journal(1);
#ifdef BROKEN_REMOVE_FIRST
    remove_names(t_count, old_count);
#endif
    publish();
#ifdef BROKEN_CLOSE_EARLY
    STEP(journal = 0);
#endif
#ifndef BROKEN_REMOVE_FIRST
    remove_names(count, old_count);
#endif
#ifdef LIFE
    if
    :: count > 0 ->
        if
        :: punch(commit, END_OF(count)); assert(NOTHING_BEYOND) /* given */
        :: crashes < CRASHES -> crashes++; goto died
        :: FAULT; failed = 1 /* this process had not synced and cannot sync now, or the system refused */
        fi
    :: else
    fi;
#endif
    if
    :: failed -> failed = 0
    :: else -> close_journal()
    fi;
    old_count = 0
}

proctype Writer(byte me)
{
    byte gen, size, dirty_end, commit, count, next;      /* region->now */
    byte id[RING], object[RING];
    byte t_size, t_dirty_end, t_commit, t_count, t_next; /* the next record */
    byte new_id, new_object, target, old_count, parity, upto, i, which;
    bool added, data, failed, owing;

again:
    do
    :: atomic { memory[GENERATION] < LAST && (lock == 0
#ifdef BROKEN_LOCK
            || true
#endif
            ) -> lock = me };
#ifdef LIFE
        disturb();
#endif
        take_over();
        if
        :: journal != 0 -> recover()
        :: else
        fi;
        if
        :: gen >= LAST /* recovery was the last */
        :: else ->
            atomic { /* any size but this one; growth by several segments would only repeat the sizing rule */
                upto = LESS(count + 1, RING);
                upto = LESS(END_OF(upto), LARGEST);
                target = 0;
                do
                :: target < upto -> target++
                :: break
                od;
                upto = 0;
#ifdef LIFE
                if
                :: target > size -> data = 1 /* an append */
                :: data = 0
                fi
#endif
            };
            if
            :: target > size -> grow()
            :: target < size -> shrink()
            :: else
            fi
        fi;
        d_step { /* unlocks; the words that it zeroes are not used any more, or will be read again */
            assert(lock == me
#ifdef BROKEN_LOCK
                   || true
#endif
            );
            lock = 0; owing = 0; data = 0; target = 0; upto = 0; new_id = 0; new_object = 0; parity = 0;
            t_size = 0; t_dirty_end = 0; t_commit = 0; t_count = 0; t_next = 0;
            gen = 0; size = 0; dirty_end = 0; commit = 0
        }
    :: memory[GENERATION] >= LAST -> break
    od;
    ended++;
    goto gone;

died: /* the kernel unlocks; the next process starts with nothing but the shared words */
    lock = 0;
    d_step {
        owing = 0; data = 0; target = 0; upto = 0; new_id = 0; new_object = 0; parity = 0; i = 0; which = 0;
        t_size = 0; t_dirty_end = 0; t_commit = 0; t_count = 0; t_next = 0;
        gen = 0; size = 0; dirty_end = 0; commit = 0;
        count = 0; next = 0; id[0] = 0; id[1] = 0; object[0] = 0; object[1] = 0; old_count = 0; added = 0; failed = 0
    }
    goto again;
gone:
    skip
}

/* When all writers have ended, one more comes and cleans up. Nothing is left to clean up after that. */
proctype Last()
{
    byte gen, size, dirty_end, commit, count, next, id[RING], object[RING];
    byte t_size, t_dirty_end, t_commit, t_count, t_next, new_id, new_object, parity, i, which;
    bool added, data, owing;

    ended == WRITERS;
    d_step { crashes = CRASHES; faults = FAULTS }
    take_over();
    if
    :: journal != 0 -> recover()
    :: else
    fi;
    assert(journal == 0); /* sound */
    check_rest(); /* orphans */
    goto gone;
died:
    assert(false);
gone:
    skip
}

/* ---------------------------------------------------------------------------------------------- a reader --- */

#ifdef READER
/*
 * A load returns any store of the word that is not older than the newest one that must be known. `relaxed` is for
 * broken variants: such a load learns no more than its own word.
 */
inline load(at, out, relaxed)
{
    atomic {
        d_step {
            from = view;
            do
            :: from > 0 && log_at[from] != at -> from--
            :: else -> break
            od;
#ifdef RELAXED
            if
            :: from < seen[at] -> from = seen[at]
            :: else
            fi
#endif
        }
        do
        :: break
        :: d_step {
                upto = from + 1;
                do
                :: upto < log_end && log_at[upto] != at -> upto++
                :: else -> break
                od
            };
            if
            :: upto < log_end -> from = upto
            :: else -> break
            fi
        od;
        d_step {
            out = (from == 0 -> FIRST_VALUE(at) : log_value[from]);
#ifdef RELAXED
            seen[at] = from;
#endif
            if
            :: from > view && !(relaxed) -> view = from
            :: else
            fi;
            from = 0;
            upto = 0
        }
    }
}

#ifdef BROKEN_RELAXED_STORE
#define RELAXED
#define GENERATION_RELAXED 1
#else
#define GENERATION_RELAXED 0
#endif
#ifdef BROKEN_RELAXED_LOAD
#define RELAXED
#define COPY_RELAXED 1
#else
#define COPY_RELAXED 0
#endif

/* Syncs twice, with a handle that keeps its entries. */
proctype Reader()
{
    byte view, from, upto;
    byte gen, after, size, count, next, parity, i, found, syncs;
    byte id[RING], word[RING], known_count, known_next, kept; /* kept: number of entries from an accepted snapshot */
#ifdef RELAXED
    byte seen[LOCATIONS];
#endif

    ended == WRITERS;
again:
    if
    :: syncs < 2
    :: else -> goto done
    fi;
snapshot:
    load(GENERATION, gen, GENERATION_RELAXED); /* copy_record */
    parity = gen & 1;
#ifdef BROKEN_ONE_RECORD
    parity = 0;
#endif
    load(RECORD(parity, SIZE), size, COPY_RELAXED);
    load(RECORD(parity, COUNT), count, COPY_RELAXED);
    load(RECORD(parity, NEXT), next, COPY_RELAXED);
#ifndef BROKEN_ONE_LOOK
    load(GENERATION, after, GENERATION_RELAXED);
    if
    :: after != gen -> after = 0; goto snapshot
    :: else -> after = 0
    fi;
#endif
    if
    :: count == known_count && next == known_next
    :: else -> /* count_kept, copy_entries */
#ifdef BROKEN_TRUST
        kept = known_count;
#endif
        kept = LESS(kept, count);
#ifndef BROKEN_KEPT
        do
        :: kept > 0 ->
            load(ENTRY(kept - 1, 0), found, COPY_RELAXED);
            if
            :: found != id[kept - 1] -> kept--
            :: else -> break
            fi
        :: else -> break
        od;
        found = 0;
#endif
        i = kept;
        do
        :: i < count && i < RING ->
            load(ENTRY(i, 0), id[i], COPY_RELAXED);
            load(ENTRY(i, 1), word[i], COPY_RELAXED);
            i++
        :: else -> break
        od;
        i = 0;
        known_count = count;
        known_next = next;
#ifndef BROKEN_ONE_PASS
        goto snapshot
#endif
    fi;
    d_step { /* whole */
        assert(size == told_size[gen] && count == told_count[gen] && next == told_next[gen]);
        i = 0;
        do
        :: i < count ->
            assert(id[i] == told_id[gen * RING + i] && word[i] == told_object[gen * RING + i]);
            i++
        :: else -> break
        od;
        i = 0;
        kept = count
    }
    do /* st_sync_map */
    :: i < count ->
        load(NAME(id[i]), found, 0);
        if
        :: found == 0 ->
            i = 0;
            load(GENERATION, after, GENERATION_RELAXED);
            assert(after != gen); /* there */
            after = 0;
            goto snapshot
        :: else
        fi;
        assert(found == told_object[gen * RING + i]); /* same */
        found = 0;
        i++
    :: else -> break
    od;
    i = 0;
    syncs++;
    goto again;
done:
    skip
}
#endif

init
{
    byte w = 1;

    atomic {
        memory[GENERATION] = 1;
        memory[RECORD(1, NEXT)] = 1;
        told_next[1] = 1;
        do
        :: w <= WRITERS -> run Writer(w); w++
        :: else -> break
        od;
#ifdef READER
        run Reader();
#else
        run Last()
#endif
    }
}
