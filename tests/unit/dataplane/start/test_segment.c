// SPDX-License-Identifier: BSD-3-Clause
/* The contract's file: whole or not there, where hugepages are or in the run folder. */
#include "jf_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const struct jf_contract_shape shape = {
        .n_workers = 1,
        .n_addresses = 1,
        .n_ports = 1,
        .endpoints_per_address = 16,
        .n_recordings = 4,
        .track_frames = 64,
        .port_first = 10000,
        .addresses = {{.ip = {10, 77, 0, 1}, .family = 4}},
};

static char run_dir[64], huge_dir[64], path[128], file[128];

static int make(void **state)
{
	(void)state;
	strcpy(run_dir, "/tmp/jf-test-run-XXXXXX");
	strcpy(huge_dir, "/tmp/jf-test-huge-XXXXXX");
	if (!mkdtemp(run_dir) || !mkdtemp(huge_dir))
		return -1;
	snprintf(path, sizeof(path), "%s/contract", run_dir);
	snprintf(file, sizeof(file), "%s/jf-contract", huge_dir);
	return 0;
}

static int unmake(void **state)
{
	char lock[128];

	(void)state;
	snprintf(lock, sizeof(lock), "%s/dataplane.lock", run_dir);
	unlink(lock);
	/* Nothing else was left behind. */
	return rmdir(run_dir) || rmdir(huge_dir);
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static void attach(void)
{
	struct jf_contract contract;
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *memory;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(jf_contract_attach(memory, (uint64_t)st.st_size, &contract), 0);
	assert_int_equal(contract.n_endpoints, 16);
	munmap(memory, (size_t)st.st_size);
	close(fd);
}

static void control_sees_a_whole_one(void **state)
{
	const struct jf_segment_place place = {.name = "jf"};
	struct jf_segment *segment = NULL, *second = NULL;

	(void)state;
	assert_int_equal(jf_segment_create(run_dir, &shape, &place, &segment), 0);
	assert_false(exists(path));
	assert_int_equal(jf_segment_create(run_dir, &shape, &place, &second), -EBUSY);
	assert_int_equal(jf_segment_publish(segment), 0);
	attach();
	jf_segment_destroy(segment);
	assert_false(exists(path));
}

static void it_may_lie_elsewhere(void **state)
{
	const struct jf_segment_place place = {.folder = huge_dir, .name = "jf"};
	struct jf_segment *segment = NULL;

	(void)state;
	assert_int_equal(jf_segment_create(run_dir, &shape, &place, &segment), 0);
	assert_false(exists(path));
	assert_int_equal(jf_segment_publish(segment), 0);
	assert_true(exists(file));
	attach();
	jf_segment_destroy(segment);
	assert_false(exists(file));
}

/* As after a kill: the file and the name that leads to it are still there. */
static void what_a_dead_one_left_is_replaced(void **state)
{
	const struct jf_segment_place place = {.folder = huge_dir, .name = "jf"};
	struct jf_segment *segment = NULL;
	int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, "old", 3), 3);
	close(fd);
	assert_int_equal(symlink(file, path), 0);
	assert_int_equal(jf_segment_create(run_dir, &shape, &place, &segment), 0);
	assert_int_equal(jf_segment_publish(segment), 0);
	attach();
	jf_segment_destroy(segment);
}

static void no_place_leaves_nothing_behind(void **state)
{
	const struct jf_segment_place place = {.folder = "/proc/nowhere", .name = "jf"};
	struct jf_segment *segment = NULL;

	(void)state;
	assert_int_equal(jf_segment_create(run_dir, &shape, &place, &segment), -ENOENT);
	assert_null(segment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(control_sees_a_whole_one, make, unmake),
	        cmocka_unit_test_setup_teardown(it_may_lie_elsewhere, make, unmake),
	        cmocka_unit_test_setup_teardown(what_a_dead_one_left_is_replaced, make, unmake),
	        cmocka_unit_test_setup_teardown(no_place_leaves_nothing_behind, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
