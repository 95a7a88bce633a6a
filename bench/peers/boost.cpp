/* SPDX-License-Identifier: MIT */
/*
 * boost.cpp - Boost.Interprocess, in its two ways to change the size of shared memory:
 *   managed   managed_shared_memory::grow and shrink_to_fit. Both are "offline": no process may have the memory mapped,
 *             so the segment is closed before and opened after. The bytes are one allocation that is expanded in place,
 *             page by page, since 1.74 cannot grow by less than its own control block.
 *   object    shared_memory_object::truncate and a new mapped_region.
 * No exception leaves this file.
 */
#include "peers/peers.h"

#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <fcntl.h>

#include <memory>
#include <string>

namespace ipc = boost::interprocess;

namespace
{

enum variant { AS_USED, COMMIT };

/* Commits [from, to) of the object with fallocate. */
void commit(const ipc::shared_memory_object &object, std::uint64_t from, std::uint64_t to)
{
    if (to > from && fallocate(object.get_mapping_handle().handle, 0, off_t(from), off_t(to - from)) != 0)
        throw ipc::interprocess_exception(ipc::error_info(ipc::system_error_code()), "fallocate");
}

std::string unique_name()
{
    char name[64];

    peer_unique_name(name, sizeof name);
    return name;
}

/* Removes the name when the owner ends; followers do not remove it. */
struct name_guard {
    std::string name;
    bool owner;

    ~name_guard()
    {
        if (owner)
            ipc::shared_memory_object::remove(name.c_str());
    }
};

/* The interface of both kinds, so that one set of functions serves both. */
struct boost_memory {
    virtual ~boost_memory() = default;
    virtual void grow(std::uint64_t size) = 0;
    virtual void shrink(std::uint64_t size) = 0;
    virtual char *base() = 0;
    virtual std::uint64_t size() = 0;
    virtual boost_memory *attach() = 0;
    virtual void sync() = 0;
};

class managed final : public boost_memory
{
    /* In shared memory: the place of the bytes. */
    struct header {
        ipc::offset_ptr<char> data;
        std::uint64_t size;
        std::uint64_t capacity; /* of the allocation: size rounded up to pages */
    };

    /* For the tables of the allocator: the segment is this much larger than the bytes in it. */
    static constexpr std::uint64_t slack = 4096;

    name_guard guard;
    bool commits;
    std::unique_ptr<ipc::managed_shared_memory> segment;
    std::unique_ptr<ipc::shared_memory_object> watched; /* shows the size without a mapping */
    ipc::offset_t seen = 0;
    header *bytes = nullptr;

    void open_segment()
    {
        segment = std::make_unique<ipc::managed_shared_memory>(ipc::open_only, guard.name.c_str());
        bytes = segment->find<header>("bytes").first;
    }

    /* Resizes the allocation in place. */
    void resize_in_place(ipc::allocation_type how, std::uint64_t capacity)
    {
        /* The result may lie between these two, since the allocator rounds. */
        std::size_t limit = how == ipc::shrink_in_place ? capacity + 64 : capacity, preferred = capacity;
        char *reuse = bytes->data.get();

        if (segment->get_segment_manager()->allocation_command<char>(how, limit, preferred, reuse) == nullptr)
            throw ipc::bad_alloc();
        bytes->capacity = capacity;
    }

    static std::uint64_t pages(std::uint64_t size)
    {
        return (size + 4095) & ~std::uint64_t(4095);
    }

    void grow_offline(std::uint64_t capacity)
    {
        std::uint64_t old = segment->get_size(), wanted = capacity + slack;

        segment.reset();
        if (!ipc::managed_shared_memory::grow(guard.name.c_str(), wanted - old))
            throw ipc::interprocess_exception("managed_shared_memory::grow returned false");
        if (commits)
            commit(ipc::shared_memory_object(ipc::open_only, guard.name.c_str(), ipc::read_write), old, wanted);
        open_segment();
        resize_in_place(ipc::expand_fwd, capacity);
    }

    void shrink_offline(std::uint64_t capacity)
    {
        resize_in_place(ipc::shrink_in_place, capacity);
        segment.reset();
        if (!ipc::managed_shared_memory::shrink_to_fit(guard.name.c_str()))
            throw ipc::interprocess_exception("managed_shared_memory::shrink_to_fit returned false");
        open_segment();
    }

  public:
    managed(std::string name, std::uint64_t start, bool commits_)
        : guard{ std::move(name), true }, commits(commits_),
          segment(
              std::make_unique<ipc::managed_shared_memory>(ipc::create_only, guard.name.c_str(), pages(start) + slack))
    {
        bytes = segment->construct<header>("bytes")();
        bytes->capacity = pages(start);
        bytes->data = static_cast<char *>(segment->allocate(bytes->capacity));
        bytes->size = start;
        if (commits)
            commit(ipc::shared_memory_object(ipc::open_only, guard.name.c_str(), ipc::read_write), 0, pages(start));
    }

    explicit managed(const std::string &name)
        : guard{ name, false }, commits(false),
          watched(std::make_unique<ipc::shared_memory_object>(ipc::open_only, name.c_str(), ipc::read_write))
    {
        watched->get_size(seen);
        open_segment();
    }

    void grow(std::uint64_t size) override
    {
        if (size > bytes->capacity)
            grow_offline(pages(size));
        bytes->size = size;
    }

    void shrink(std::uint64_t size) override
    {
        bytes->size = size;
        if (pages(size) < bytes->capacity)
            shrink_offline(pages(size));
    }

    char *base() override
    {
        return bytes->data.get();
    }
    std::uint64_t size() override
    {
        return bytes->size;
    }
    boost_memory *attach() override
    {
        return new managed(guard.name);
    }

    void sync() override
    {
        ipc::offset_t now = 0;

        watched->get_size(now);
        if (now != seen) {
            segment.reset();
            open_segment();
            seen = now;
        }
    }
};

class object final : public boost_memory
{
    name_guard guard;
    bool commits;
    ipc::shared_memory_object shm;
    ipc::mapped_region region;

  public:
    object(std::string name, std::uint64_t start, bool commits_)
        : guard{ std::move(name), true }, commits(commits_), shm(ipc::create_only, guard.name.c_str(), ipc::read_write)
    {
        shm.truncate(ipc::offset_t(start));
        if (commits)
            commit(shm, 0, start);
        region = ipc::mapped_region(shm, ipc::read_write);
    }

    explicit object(const std::string &name)
        : guard{ name, false }, commits(false), shm(ipc::open_only, name.c_str(), ipc::read_write),
          region(shm, ipc::read_write)
    {
    }

    void grow(std::uint64_t size) override
    {
        shm.truncate(ipc::offset_t(size));
        if (commits)
            commit(shm, region.get_size(), size);
        region = ipc::mapped_region(shm, ipc::read_write);
    }

    void shrink(std::uint64_t size) override
    {
        region = ipc::mapped_region();
        shm.truncate(ipc::offset_t(size));
        region = ipc::mapped_region(shm, ipc::read_write);
    }

    char *base() override
    {
        return static_cast<char *>(region.get_address());
    }
    std::uint64_t size() override
    {
        return region.get_size();
    }
    boost_memory *attach() override
    {
        return new object(guard.name);
    }

    void sync() override
    {
        ipc::offset_t now = 0;

        shm.get_size(now);
        if (std::uint64_t(now) != region.get_size())
            region = ipc::mapped_region(shm, ipc::read_write);
    }
};

boost_memory *memory(void *self)
{
    return static_cast<boost_memory *>(self);
}

template <class Action> int guarded(const char *what, Action action)
{
    try {
        action();
        return 0;
    } catch (const std::exception &error) {
        return peer_fail("%s: %s", what, error.what());
    }
}

template <class Kind> void *open_peer(const struct peer *peer, const struct peer_need *need)
{
    boost_memory *self = nullptr;

    guarded("open", [&] { self = new Kind(unique_name(), need->start, peer->variant == COMMIT); });
    return self;
}

int grow_peer(void *self, std::uint64_t size)
{
    return guarded("grow", [&] { memory(self)->grow(size); });
}

int shrink_peer(void *self, std::uint64_t size)
{
    return guarded("shrink", [&] { memory(self)->shrink(size); });
}

char *base_of_peer(void *self)
{
    return memory(self)->base();
}

std::uint64_t size_of_peer(void *self)
{
    return memory(self)->size();
}

void close_peer(void *self)
{
    delete memory(self);
}

void *attach_peer(void *owner)
{
    boost_memory *follower = nullptr;

    guarded("attach", [&] { follower = memory(owner)->attach(); });
    return follower;
}

template <class Kind> int sync_peer(void *self, std::uint64_t times)
{
    return guarded("sync", [&] {
        Kind *follower = static_cast<Kind *>(memory(self));

        while (times-- > 0)
            follower->sync();
    });
}

template <class Kind> constexpr peer make(const char *name, const char *note, unsigned flags, unsigned variant)
{
    return { name,         note,         flags,      variant,     open_peer<Kind>, grow_peer, shrink_peer,
             base_of_peer, size_of_peer, close_peer, attach_peer, sync_peer<Kind>, nullptr,   nullptr };
}

} // namespace

extern const struct peer peer_boost[] = {
    make<managed>("Boost managed", "managed_shared_memory: close, grow or shrink_to_fit, open; the base moves",
                  PEER_SHARED, AS_USED),
    make<managed>("Boost managed +commit", "the same, and fallocate of what is new", PEER_SHARED | PEER_EXTRA, COMMIT),
    make<object>("Boost object", "shared_memory_object: truncate and a new mapped_region; the base moves",
                 PEER_SHARED | PEER_ZEROES, AS_USED),
    make<object>("Boost object +commit", "the same, and fallocate of what is new",
                 PEER_SHARED | PEER_ZEROES | PEER_EXTRA, COMMIT),
    {},
};
const char *const peer_boost_missing = nullptr;
