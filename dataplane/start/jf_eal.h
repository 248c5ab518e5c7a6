/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting DPDK's environment from the node file, so that nobody has to know its arguments.
 *
 * Lcore 0 is the main core, lcore w + 1 worker w's. Without PCI ports the PCI bus is not looked at.
 * Memory is hugepages if there are enough of them (hugepages: auto, required), else ordinary pages.
 * Several engines run beside each other: nothing is left on disk, except by a memif port, whose
 * driver needs hugepages as files to share; what has a name is named after the run folder.
 */
#ifndef JF_EAL_H
#define JF_EAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_node.h"

struct jf_eal_memory {
	bool hugepages;
	uint32_t megabytes; /* reserved for everything the dataplane makes */
};

/*
 * program: argv[0]. endpoint_bytes: what the caller will allocate for endpoints. 0, -ENOMEM
 * (hugepages: required, and there are not enough; or memory), or what rte_eal_init says; ret_error
 * tells the operator what to do. Main thread, once.
 */
int jf_eal_start(const char *program, const struct jf_node *node, uint64_t endpoint_bytes,
                 struct jf_eal_memory *ret_memory, char *ret_error, size_t error_size);

/* Ends it, and takes the folder away that it made in /run/dpdk. Main thread, last of all. */
void jf_eal_stop(void);

/* A name for files: the same for a run folder, another one for another. */
#define JF_EAL_PREFIX_SIZE 27u /* "jackfield-" and 16 hexadecimal digits */
void jf_eal_file_prefix(const char *run_dir, char ret_prefix[JF_EAL_PREFIX_SIZE]);

/*
 * Where hugepages are mounted, for other memory that workers touch all the time: other_bytes of it.
 * 0, or -ENOENT: they are not to be used, are not mounted (eal_args may name the place, else the
 * first one counts), or are too few for both. Before jf_eal_start.
 */
int jf_eal_huge_dir(const struct jf_node *node, uint64_t endpoint_bytes, uint64_t other_bytes,
                    char *ret_dir, size_t dir_size);

/* Free hugepages of all sizes, in MB; 0 also if none can be mapped. */
uint64_t jf_eal_free_hugepages_mb(void);

#endif
