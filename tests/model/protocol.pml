/* SPDX-License-Identifier: MIT */
/*
 * protocol.pml - the directory's protocol for the model checker Spin: publish, snapshot, journal, recovery, and a death
 * or a failure at every step. model.sh runs it, and runs it broken, each BROKEN_... alone: then it must fail.
 *
 * THE PROPERTIES, by the names that a failed assertion has in the text below
 *   whole     a reader never accepts a mixed snapshot: record and entries are those of one publication
 *   there     every segment that an accepted snapshot lists can be opened, or the generation has moved since
 *   same      what is opened under a listed id is the object that was listed: no published id is ever used again
 *   paid      when a size is published there is memory behind every page of it
 *   zero      bytes that grow publishes read zero, whatever followers and dead writers have stored there before
 *   given     with the journal closed, nothing is behind the commit mark in the last extent (but what a follower with
 *             an old size has put there since)
 *   orphans   with the journal closed, the objects that have names are the ones that are listed
 *   sound     whatever a writer dies of, wherever, the next one finds a state that passes the checks, and goes on
 *
 * TWO CONFIGURATIONS, since their product is too large for a minute
 *   LIFE      WRITERS processes that grow, append and shrink, die (CRASHES times in all) and fail (FAULTS times), with
 *             memory by cell: everything but what a reader without a lock sees
 *   READER    the same writers without cells, and a reader whose loads return whatever the memory model lets them
 *
 * MEMORY. All stores of writers to the directory are releases and all loads acquires (st_store and st_load in
 * src/atomic.h; st_store_ordered, of the generation, is a release too). Writers exclude each other by a lock of the
 * kernel (st_os_writer_enter), which orders what one has stored before what the next one does, also if the first was
 * killed. So all stores stand in one order of happens-before, and the model keeps them as one log. By C11's rules for
 * acquire and release a load may then return any store of that word, however old, that is not older than the newest
 * one that happened before what this thread has read already; and having read one, the thread has seen all that the
 * log holds before it. That is `view`: the place in the log up to which the reader must know everything. This is weaker
 * than any machine: no store buffer, reordering or stale cache line shows a reader more than these choices. And since a
 * load may return an old store at any time, a reader that runs late sees all that a reader in between could have seen:
 * so it starts when the writers have ended, and nothing is lost. Readers store nothing that writers heed (waiting.pml
 * has the one word that they do), so one stands for all. Names in the folder count as words of the same log: the
 * kernel's locks order linkat, unlinkat and openat among themselves at least as well.
 *
 * WHAT STANDS FOR WHAT. A size is in cells, of which PAGE make a page, and EXTENT a segment. An entry has an id and one
 * more word, peculiar to the object, for offset and extent. `first` is always 0 and left out. A follower that has not
 * synced stores wherever it ever could, before each turn of a writer (the worst that it can do, but at the very moment
 * of a grow, which the header tells callers not to do).
 */

/* ------------------------------------------------------------------------------------------------- bounds --- */

#define RING 2              /* entries, and so segments at most */
#ifdef READER
#define PAGE   1
#define EXTENT 2
#define LARGEST 3           /* size: none, half a segment, one, one and a half */
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
#define CLEAN 1
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

byte memory[LOCATIONS];     /* what who holds the lock reads */
byte journal;
byte lock;                  /* 0: free */
byte serial;                /* of the last object made: tells objects apart, whatever they are called */
byte crashes, faults;
byte ended;                 /* writers that have */

#ifdef READER
#define LOG 90
byte log_at[LOG], log_value[LOG]; /* from 1 on; 0 stands for what was there in the beginning */
byte log_end = 1;
#endif

#ifdef LIFE
byte dirty[RING];           /* a bit for each cell of the object at that place: it does not read zero */
byte held[RING];            /* a bit for each page: there is memory */
byte reach[RING];           /* cells that anybody may have stored in, ever: where followers with an old size store */
#endif

/* What was published, for the properties. */
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

/* A step is done, or the process is killed before it. After the last step of an operation comes the unlocking. */
#define STEP(what) if :: what :: crashes < CRASHES -> crashes++; goto died fi
#define FAULT faults < FAULTS -> faults++

#define UP(size) (((size) + PAGE - 1) / PAGE * PAGE)
#define LESS(a, b) ((a) < (b) -> (a) : (b))
#define END_OF(count) ((count) * EXTENT)

/* st_directory_snapshot with the lock: nobody stores, so the first copy is whole. Entries stay if they can. */
inline take_over()
{
    d_step {
        gen = memory[GENERATION];
        parity = gen & 1;
#ifdef BROKEN_ONE_RECORD
        parity = 0;
#endif
        size = memory[RECORD(parity, SIZE)];
        clean = memory[RECORD(parity, CLEAN)];
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
        assert(size <= clean && size <= commit && commit <= END_OF(count) && count < next && count <= RING);
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
    STEP(store(RECORD(parity, CLEAN), t_clean));
    STEP(store(RECORD(parity, COMMIT), t_commit));
#else
    d_step { memory[RECORD(parity, CLEAN)] = t_clean; memory[RECORD(parity, COMMIT)] = t_commit };
#endif
    STEP(store(RECORD(parity, COUNT), t_count));
    STEP(store(RECORD(parity, NEXT), t_next));
#ifndef BROKEN_ORDER
    STEP(make_count());
#endif
    d_step {
        size = t_size; clean = t_clean; commit = t_commit; count = t_count; next = t_next;
        if
        :: added -> id[count - 1] = new_id; object[count - 1] = new_object
        :: else
        fi;
        gen++;
        added = 0
    }
}

/* The one store that makes it count. */
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

/* Followers with an old size store once more, wherever they ever could. */
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

/* [from, to), whole pages in one segment: empty; with memory. */
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

/* given, orphans: of the state that counts, whose entries this writer has. */
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
#define NOTHING_BEHIND (count == 0 || (held[count - 1] >> (commit - END_OF(count - 1)) / PAGE) == 0)
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

/* st_recover, having entered. */
inline recover()
{
    if
    :: journal > clean -> /* mark_used */
        d_step {
            t_size = size; t_clean = LESS(journal, END_OF(RING)); t_commit = commit; t_count = count; t_next = next;
            added = 0; data = 0
        }
        publish()
    :: else
    fi;
    do
    :: d_step { /* the next that is not listed */
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
        :: punch(commit, END_OF(count)); assert(owing || NOTHING_BEHIND) /* given */
        :: crashes < CRASHES -> crashes++; goto died
        :: FAULT; owing = 1
        fi
    :: else
    fi;
#endif
    close_journal()
}

/* The journal tells how far an append may have stored; it is open in any case. */
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

/* add_segment: an object without a name, with memory, then its name. */
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
    :: memory[NAME(new_id)] != 0 -> new_id++; assert(new_id < IDS) /* a name that is taken: skip_ids */
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

/* st_region_grow: to `target`, in the last extent or one segment further. */
inline grow()
{
    d_step { t_size = size; t_clean = clean; t_commit = commit; t_count = count; t_next = next; added = 0; failed = 0 }
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
#ifndef BROKEN_CLEAN
            upto = LESS(clean, commit);
            upto = LESS(target, upto);
            STEP(fill(size, upto, 0))
#else
            skip
#endif
        fi
    fi;
#endif
    if
    :: failed -> /* undo: what was committed in the tail goes back */
#ifdef LIFE
        if
        :: t_commit > commit && count > 0 -> STEP(punch(commit, t_commit))
        :: else
        fi;
#endif
        d_step { t_size = 0; t_clean = 0; t_commit = 0; t_count = 0; t_next = 0; failed = 0 }
    :: else ->
        d_step { t_size = target; t_clean = (t_clean > target -> t_clean : target) }
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

/* remove_names: of what was listed behind the `count` first, newest ids last. */
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

/* cut: to `target`. Publishes first, then lets go. */
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
        t_clean = LESS(clean, END_OF(t_count));
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
        :: punch(commit, END_OF(count)); assert(NOTHING_BEHIND) /* given */
        :: crashes < CRASHES -> crashes++; goto died
        :: FAULT; failed = 1 /* this process had not caught up and cannot now, or the system would not */
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
    byte gen, size, clean, commit, count, next;      /* region->now */
    byte id[RING], object[RING];
    byte t_size, t_clean, t_commit, t_count, t_next; /* the next record */
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
            atomic { /* what for: any size but this one; with several segments more it is the sizing rule's affair */
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
        d_step { /* st_writer_leave; what is zeroed here is of no more interest, or will be read again */
            assert(lock == me
#ifdef BROKEN_LOCK
                   || true
#endif
            );
            lock = 0; owing = 0; data = 0; target = 0; upto = 0; new_id = 0; new_object = 0; parity = 0;
            t_size = 0; t_clean = 0; t_commit = 0; t_count = 0; t_next = 0; gen = 0; size = 0; clean = 0; commit = 0
        }
    :: memory[GENERATION] >= LAST -> break
    od;
    ended++;
    goto gone;

died: /* the kernel lets go of the lock; the next process starts with nothing but the shared words */
    lock = 0;
    d_step {
        owing = 0; data = 0; target = 0; upto = 0; new_id = 0; new_object = 0; parity = 0; i = 0; which = 0;
        t_size = 0; t_clean = 0; t_commit = 0; t_count = 0; t_next = 0; gen = 0; size = 0; clean = 0; commit = 0;
        count = 0; next = 0; id[0] = 0; id[1] = 0; object[0] = 0; object[1] = 0; old_count = 0; added = 0; failed = 0
    }
    goto again;
gone:
    skip
}

/* When all is quiet one more writer comes: it puts right what is left, and then nothing is. */
proctype Last()
{
    byte gen, size, clean, commit, count, next, id[RING], object[RING];
    byte t_size, t_clean, t_commit, t_count, t_next, new_id, new_object, parity, i, which;
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
 * A load: any store of the word from the newest that must be known on. `relaxed` is for what is broken: a message that
 * carries no more than its own word.
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

/* st_follow_sync, twice, by a handle that keeps the entries it has. */
proctype Reader()
{
    byte view, from, upto;
    byte gen, after, size, count, next, parity, i, found, syncs;
    byte id[RING], word[RING], known_count, known_next, kept; /* kept: so many entries are of an accepted snapshot */
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
    do /* st_follow_adopt */
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
