/* SPDX-License-Identifier: MIT */
/*
 * Promise 2 for the kernel: system calls that copy to and from a region work across its seams as anywhere else.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "maps.h"
#include "model.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE (5 * STITCH_EXTENT_UNIT)

static stitch_region *region;
static int file;

/* Makes five segments, and an ordinary file of the same size with a pattern in it. */
static void begin(void)
{
    char path[300];

    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT, .segments = 5 });
    T_EQ(t_prove(region), 5);
    (void)snprintf(path, sizeof path, "%s/file", t_folder());
    file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    T_TRUE(file >= 0);
    T_EQ(unlink(path), 0);
    for (uint64_t at = 0; at < SIZE; at += 4096) {
        unsigned char block[4096];

        t_model_fill(block, at, sizeof block, 1);
        T_EQ(pwrite(file, block, sizeof block, (off_t)at), sizeof block);
    }
}

static void end(void)
{
    (void)close(file);
    t_close(region);
}

static void check(uint64_t offset, uint64_t length, uint64_t pattern_offset)
{
    for (uint64_t done = 0, part; done < length; done += part) {
        unsigned char wanted[4096];

        part = length - done < sizeof wanted ? length - done : sizeof wanted;
        t_model_fill(wanted, pattern_offset + done, part, 1);
        if (memcmp(t_bytes(region) + offset + done, wanted, (size_t)part) != 0)
            T_FAIL("the bytes from offset %" PRIu64 " on are wrong", offset + done);
    }
}

static void promise_2_read_over_seams(void)
{
    begin();
    T_EQ(pread(file, stitch_base(region), SIZE, 0), SIZE); /* all seams in one call */
    check(0, SIZE, 0);
    for (uint64_t seam = STITCH_EXTENT_UNIT; seam < SIZE; seam += STITCH_EXTENT_UNIT)
        for (uint64_t before = 1; before < 20000; before = before * 3 + 1) {
            memset(t_bytes(region) + seam - before, 0, (size_t)before * 2);
            T_EQ(pread(file, t_bytes(region) + seam - before, (size_t)before * 2, (off_t)before), before * 2);
            check(seam - before, before * 2, before);
        }
    end();
}

static void promise_2_write_over_seams(void)
{
    unsigned char *back = malloc(SIZE);

    begin();
    T_TRUE(back != NULL);
    for (uint64_t at = 0; at < SIZE; at += 4096)
        t_model_fill(t_bytes(region) + at, at, 4096, 9);
    T_EQ(pwrite(file, stitch_base(region), SIZE, 0), SIZE);
    T_EQ(pread(file, back, SIZE, 0), SIZE);
    T_TRUE(memcmp(back, stitch_base(region), SIZE) == 0);
    for (uint64_t seam = STITCH_EXTENT_UNIT; seam < SIZE; seam += STITCH_EXTENT_UNIT)
        for (uint64_t before = 1; before < 20000; before = before * 3 + 1) {
            T_EQ(pwrite(file, t_bytes(region) + seam - before, (size_t)before * 2, 0), before * 2);
            T_EQ(pread(file, back, (size_t)before * 2, 0), before * 2);
            T_TRUE(memcmp(back, t_bytes(region) + seam - before, (size_t)before * 2) == 0);
        }
    free(back);
    end();
}

/* The bytes go through a socket, in parts that begin and end anywhere. */
static void promise_2_sockets_and_vectors_over_seams(void)
{
    int pair[2];

    begin();
    T_EQ(pread(file, stitch_base(region), SIZE, 0), SIZE);
    T_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    for (uint64_t i = 1; i < 5; i++) {
        uint64_t seam = i * STITCH_EXTENT_UNIT, other = (5 - i) * STITCH_EXTENT_UNIT;
        struct iovec from[2] = { { t_bytes(region) + seam - 777, 1500 }, { t_bytes(region) + seam + 5000, 333 } };
        struct iovec to[2] = { { t_bytes(region) + other - 100, 900 }, { t_bytes(region) + other + 9000, 933 } };

        T_EQ(writev(pair[0], from, 2), 1833);
        T_EQ(readv(pair[1], to, 2), 1833);
        T_EQ(pread(file, t_bytes(region) + other - 100, 900, (off_t)other - 100), 900);
        T_EQ(pread(file, t_bytes(region) + other + 9000, 933, (off_t)other + 9000), 933);
    }
    check(0, SIZE, 0);
    (void)close(pair[0]);
    (void)close(pair[1]);
    end();
}

static const struct CMUnitTest tests[] = {
    T_TEST(promise_2_read_over_seams),
    T_TEST(promise_2_write_over_seams),
    T_TEST(promise_2_sockets_and_vectors_over_seams),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
