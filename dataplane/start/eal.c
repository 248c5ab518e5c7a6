// SPDX-License-Identifier: BSD-3-Clause
#include "jf_eal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_errno.h>

#define HUGEPAGE_SIZES "/sys/kernel/mm/hugepages"
#define ARGS_MAX       64
#define OWN_MB         64 /* DPDK's and its drivers' own, seen with af_packet and memif */
#define MB             (UINT64_C(1) << 20)

/* An argument list that owns its strings. */
struct args {
	char *v[ARGS_MAX + 1];
	int n;
	bool failed; /* no memory, or more than fit */
};

static void add(struct args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct args *args, const char *format, ...)
{
	va_list values;
	char *text = NULL;

	va_start(values, format);
	if (args->n == ARGS_MAX || vasprintf(&text, format, values) < 0)
		args->failed = true;
	else
		args->v[args->n++] = text;
	va_end(values);
}

uint64_t jf_eal_free_hugepages_mb(void)
{
	DIR *sizes = opendir(HUGEPAGE_SIZES);
	const struct dirent *entry;
	uint64_t mb = 0;

	while (sizes && (entry = readdir(sizes))) {
		char path[sizeof(HUGEPAGE_SIZES) + 300];
		uint64_t kb, pages;
		FILE *file;

		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGE_SIZES "/%s/free_hugepages", entry->d_name);
		file = fopen(path, "r");
		if (file && fscanf(file, "%" SCNu64, &pages) == 1)
			mb += pages * kb / 1024;
		if (file)
			fclose(file);
	}
	if (sizes)
		closedir(sizes);
	return mb;
}

static bool has_memif(const struct jf_node_dataplane *dataplane)
{
	for (uint32_t i = 0; i < dataplane->n_ports; i++)
		if (strncmp(dataplane->ports[i].device, "net_memif", 9) == 0)
			return true;
	return false;
}

static void add_devices(struct args *args, const struct jf_node_dataplane *dataplane)
{
	bool pci = false;

	for (uint32_t i = 0; i < dataplane->n_ports; i++) {
		if (dataplane->ports[i].is_pci) {
			add(args, "--allow=%s", dataplane->ports[i].device);
			pci = true;
		}
	}
	if (!pci)
		add(args, "--no-pci");
}

static void add_lcores(struct args *args, const struct jf_node_dataplane *dataplane)
{
	char map[JF_NODE_WORKERS_MAX * 16 + 32];
	int at = snprintf(map, sizeof(map), "0@%u", dataplane->main_core);

	for (uint32_t w = 0; w < dataplane->n_workers; w++)
		at += snprintf(map + at, sizeof(map) - (size_t)at, ",%u@%u", w + 1,
		               dataplane->worker_cores[w]);
	add(args, "--lcores=%s", map);
	add(args, "--main-lcore=0");
}

void jf_eal_file_prefix(const char *run_dir, char ret_prefix[JF_EAL_PREFIX_SIZE])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (const char *c = run_dir; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	snprintf(ret_prefix, JF_EAL_PREFIX_SIZE, "jackfield-%016" PRIx64, hash);
}

/* What eal_args say about where hugepages are mounted, or NULL. */
static const char *asked_huge_dir(const struct jf_node_dataplane *dataplane)
{
	static const char option[] = "--huge-dir";
	const size_t n = sizeof(option) - 1;

	for (uint32_t i = 0; i < dataplane->n_eal_args; i++) {
		const char *arg = dataplane->eal_args[i];

		if (strncmp(arg, option, n) != 0)
			continue;
		if (arg[n] == '=')
			return arg + n + 1;
		return arg[n] == '\0' && i + 1 < dataplane->n_eal_args ? dataplane->eal_args[i + 1]
		                                                       : NULL;
	}
	return NULL;
}

static uint64_t needed_mb(const struct jf_node_dataplane *dataplane, uint64_t endpoint_bytes)
{
	return dataplane->memory_mb + OWN_MB + endpoint_bytes / MB + 1;
}

int jf_eal_huge_dir(const struct jf_node *node, uint64_t endpoint_bytes, uint64_t other_bytes,
                    char *ret_dir, size_t dir_size)
{
	const struct jf_node_dataplane *dataplane = &node->dataplane;
	const char *asked = asked_huge_dir(dataplane);
	struct mntent entry;
	char line[4096];
	FILE *mounts;
	int result = -ENOENT;

	if (dataplane->hugepages == JF_NODE_HUGEPAGES_NEVER ||
	    jf_eal_free_hugepages_mb() <
	            needed_mb(dataplane, endpoint_bytes) + other_bytes / MB + 2)
		return -ENOENT;
	mounts = setmntent("/proc/self/mounts", "r");
	if (!mounts)
		return -ENOENT;
	while (result && getmntent_r(mounts, &entry, line, sizeof(line))) {
		if (strcmp(entry.mnt_type, "hugetlbfs") == 0 &&
		    (!asked || strcmp(asked, entry.mnt_dir) == 0) &&
		    snprintf(ret_dir, dir_size, "%s", entry.mnt_dir) < (int)dir_size)
			result = 0;
	}
	endmntent(mounts);
	return result;
}

static void build(struct args *args, const char *program, const struct jf_node *node,
                  const struct jf_eal_memory *memory)
{
	const struct jf_node_dataplane *dataplane = &node->dataplane;
	char prefix[JF_EAL_PREFIX_SIZE];

	add(args, "%s", program);
	add_lcores(args, dataplane);
	add(args, "--no-telemetry");
	add(args, "--log-level=error");
	add_devices(args, dataplane);
	jf_eal_file_prefix(node->run_dir, prefix);
	add(args, "--file-prefix=%s", prefix);
	if (!memory->hugepages) {
		add(args, "--no-huge");
		add(args, "-m");
		add(args, "%u", memory->megabytes);
		add(args, "--no-shconf");
	} else if (has_memif(dataplane)) {
		add(args, "--single-file-segments");
	} else {
		add(args, "--in-memory");
	}
	for (uint32_t i = 0; i < dataplane->n_eal_args; i++)
		add(args, "%s", dataplane->eal_args[i]);
}

int jf_eal_start(const char *program, const struct jf_node *node, uint64_t endpoint_bytes,
                 struct jf_eal_memory *ret_memory, char *ret_error, size_t error_size)
{
	const struct jf_node_dataplane *dataplane = &node->dataplane;
	uint64_t need_mb = needed_mb(dataplane, endpoint_bytes);
	uint64_t free_mb = jf_eal_free_hugepages_mb();
	struct jf_eal_memory memory = {.megabytes = (uint32_t)need_mb};
	struct args args = {0};
	char *passed[ARGS_MAX + 1];
	int result = 0;

	if (dataplane->hugepages == JF_NODE_HUGEPAGES_REQUIRED && free_mb < need_mb) {
		snprintf(ret_error, error_size,
		         "dataplane.hugepages is \"required\", but only %" PRIu64
		         " MB are free and %" PRIu64
		         " are needed; reserve more (sysctl vm.nr_hugepages=%" PRIu64
		         ") or allow ordinary pages with \"auto\"",
		         free_mb, need_mb, need_mb / 2 + 1);
		return -ENOMEM;
	}
	memory.hugepages = dataplane->hugepages != JF_NODE_HUGEPAGES_NEVER && free_mb >= need_mb;
	build(&args, program, node, &memory);
	memcpy(passed, args.v, sizeof(passed)); /* the EAL moves and overwrites its array */
	if (args.failed) {
		snprintf(ret_error, error_size, "too many arguments for DPDK, or no memory");
		result = -ENOMEM;
	} else if (rte_eal_init(args.n, passed) < 0) {
		result = rte_errno ? -rte_errno : -EINVAL;
		snprintf(ret_error, error_size,
		         "DPDK does not start: %s (its own message is above; see "
		         "dataplane.main_core, worker_cores, hugepages and eal_args)",
		         strerror(-result));
	}
	for (int i = 0; i < args.n; i++)
		free(args.v[i]);
	if (result == 0)
		*ret_memory = memory;
	return result;
}

void jf_eal_stop(void)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	rmdir(folder); /* empty but for a memif port's files, which the next start uses again */
}
