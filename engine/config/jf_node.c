// SPDX-License-Identifier: BSD-3-Clause
#include "jf_node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_node_priv.h"
#include "jf_yaml.h"

#define ENDPOINTS_MAX 32000u /* per address; the contract's shape */
#define KPI_DAYS_MIN  7u     /* of which today's figures and a week's are made */

/* ---- The file as libcyaml reads it: NULL is "not there" ------------------------------------ */

struct raw_dataplane {
	int hugepages;
	int idle;
	int srtp_backend;
	uint32_t *memory_mb;
	uint32_t *main_core;
	uint32_t *worker_cores;
	unsigned worker_cores_count;
	char **eal_args;
	unsigned eal_args_count;
	uint32_t *endpoints_per_address;
	uint32_t *rtp_port_first;
	uint32_t *recordings_max;
	uint32_t *record_buffer_mb;
	uint32_t *track_frames;
	uint32_t *mix_inputs;
	uint32_t *transcoders;
	struct jf_node_raw_port *ports;
	unsigned ports_count;
};

struct raw_keep {
	uint32_t *kpi_days;
	uint32_t *record_days;
};

struct raw_node {
	char *name;
	char *state_dir;
	char *run_dir;
	char *recordings_dir;
	int log_level; /* 0: not there */
	struct raw_keep *keep;
	struct raw_dataplane *dataplane;
	struct jf_node_raw_sip *sip;
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define CHOICE   (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

static const cyaml_strval_t hugepages_names[] = {
        {"auto", JF_NODE_HUGEPAGES_AUTO},
        {"never", JF_NODE_HUGEPAGES_NEVER},
        {"required", JF_NODE_HUGEPAGES_REQUIRED},
};

static const cyaml_strval_t srtp_backend_names[] = {
#define X(backend, name) {name, JF_SRTP_##backend},
        JF_SRTP_BACKENDS(X)
#undef X
};
static const cyaml_strval_t idle_names[] = {
        {"sleep", JF_NODE_IDLE_SLEEP},
        {"spin", JF_NODE_IDLE_SPIN},
};

static const cyaml_strval_t log_level_names[] = {
        {"error", JF_LOG_ERROR + 1}, {"warning", JF_LOG_WARNING + 1}, {"notice", JF_LOG_NOTICE + 1},
        {"info", JF_LOG_INFO + 1},   {"debug", JF_LOG_DEBUG + 1},
};

static const cyaml_schema_value_t number_schema = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t text_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, JF_NODE_TEXT_SIZE - 1)};

static const cyaml_schema_field_t dataplane_fields[] = {
        CYAML_FIELD_ENUM("hugepages", CHOICE, struct raw_dataplane, hugepages, hugepages_names, 3),
        CYAML_FIELD_ENUM("idle", CHOICE, struct raw_dataplane, idle, idle_names, 2),
        CYAML_FIELD_ENUM("srtp_backend", CHOICE, struct raw_dataplane, srtp_backend,
                         srtp_backend_names, JF_SRTP_BACKEND_COUNT),
        CYAML_FIELD_UINT_PTR("memory_mb", OPTIONAL, struct raw_dataplane, memory_mb),
        CYAML_FIELD_UINT_PTR("main_core", OPTIONAL, struct raw_dataplane, main_core),
        CYAML_FIELD_SEQUENCE("worker_cores", OPTIONAL, struct raw_dataplane, worker_cores,
                             &number_schema, 1, JF_NODE_WORKERS_MAX),
        CYAML_FIELD_SEQUENCE("eal_args", OPTIONAL, struct raw_dataplane, eal_args, &text_schema, 0,
                             JF_NODE_EAL_ARGS_MAX),
        CYAML_FIELD_UINT_PTR("endpoints_per_address", OPTIONAL, struct raw_dataplane,
                             endpoints_per_address),
        CYAML_FIELD_UINT_PTR("rtp_port_first", OPTIONAL, struct raw_dataplane, rtp_port_first),
        CYAML_FIELD_UINT_PTR("recordings_max", OPTIONAL, struct raw_dataplane, recordings_max),
        CYAML_FIELD_UINT_PTR("record_buffer_mb", OPTIONAL, struct raw_dataplane, record_buffer_mb),
        CYAML_FIELD_UINT_PTR("track_frames", OPTIONAL, struct raw_dataplane, track_frames),
        CYAML_FIELD_UINT_PTR("mix_inputs", OPTIONAL, struct raw_dataplane, mix_inputs),
        CYAML_FIELD_UINT_PTR("transcoders", OPTIONAL, struct raw_dataplane, transcoders),
        CYAML_FIELD_SEQUENCE("ports", CYAML_FLAG_POINTER, struct raw_dataplane, ports,
                             &jf_node_port_schema, 1, JF_NODE_PORTS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t keep_fields[] = {
        CYAML_FIELD_UINT_PTR("kpi_days", OPTIONAL, struct raw_keep, kpi_days),
        CYAML_FIELD_UINT_PTR("record_days", OPTIONAL, struct raw_keep, record_days),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t node_fields[] = {
        CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_node, name, 1,
                               JF_NODE_NAME_SIZE - 1),
        CYAML_FIELD_STRING_PTR("state_dir", CYAML_FLAG_POINTER, struct raw_node, state_dir, 1,
                               JF_NODE_PATH_SIZE - 1),
        CYAML_FIELD_STRING_PTR("run_dir", CYAML_FLAG_POINTER, struct raw_node, run_dir, 1, 90),
        CYAML_FIELD_STRING_PTR("recordings_dir", OPTIONAL, struct raw_node, recordings_dir, 1,
                               JF_NODE_PATH_SIZE - 1),
        CYAML_FIELD_ENUM("log_level", CHOICE, struct raw_node, log_level, log_level_names, 5),
        CYAML_FIELD_MAPPING_PTR("keep", OPTIONAL, struct raw_node, keep, keep_fields),
        CYAML_FIELD_MAPPING_PTR("dataplane", CYAML_FLAG_POINTER, struct raw_node, dataplane,
                                dataplane_fields),
        CYAML_FIELD_MAPPING_PTR("sip", OPTIONAL, struct raw_node, sip, jf_node_sip_fields),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t node_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_node, node_fields)};

/* ---- What the schema can't say ------------------------------------------------------------- */

int jf_node_take_number(const struct jf_node_parse *p, const struct jf_node_range *range,
                        const uint32_t *raw, uint32_t *ret_value)
{
	if (raw && (*raw < range->min || *raw > range->max))
		return FAIL(p, range->path, "%" PRIu32 " is out of range: %" PRIu32 " to %" PRIu32,
		            *raw, range->min, range->max);
	*ret_value = raw ? *raw : range->missing;
	return 0;
}

static int take_dir(const struct jf_node_parse *p, const char *path, const char *raw, char *ret_dir)
{
	if (raw[0] != '/')
		return FAIL(p, path, "must be an absolute path");
	for (const char *c = raw; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return FAIL(p, path, "contains a control character");
	snprintf(ret_dir, JF_NODE_PATH_SIZE, "%s", raw);
	for (size_t n = strlen(ret_dir); n > 1 && ret_dir[n - 1] == '/'; n--)
		ret_dir[n - 1] = '\0';
	return 0;
}

static int take_name(const struct jf_node_parse *p, const char *raw)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-.";

	if (raw[strspn(raw, allowed)])
		return FAIL(p, "name", "only letters, digits, '-' and '.' may stand here");
	snprintf(p->node->name, sizeof(p->node->name), "%s", raw);
	return 0;
}

static int take_cores(const struct jf_node_parse *p, const struct raw_dataplane *raw)
{
	static const struct jf_node_range main_range = {"dataplane.main_core", 0, 1023, 0};
	struct jf_node_dataplane *d = &p->node->dataplane;
	char path[48];
	int err = jf_node_take_number(p, &main_range, raw->main_core, &d->main_core);

	if (err)
		return err;
	d->n_workers = raw->worker_cores_count;
	if (!raw->worker_cores) {
		d->n_workers = 1;
		d->worker_cores[0] = 1;
		return 0;
	}
	for (uint32_t i = 0; i < d->n_workers; i++) {
		const struct jf_node_range range = {path, 0, 1023, 0};

		snprintf(path, sizeof(path), "dataplane.worker_cores[%u]", i);
		err = jf_node_take_number(p, &range, &raw->worker_cores[i], &d->worker_cores[i]);
		if (err)
			return err;
		for (uint32_t k = 0; k < i; k++)
			if (d->worker_cores[k] == d->worker_cores[i])
				return FAIL(p, path, "core %u has a worker already",
				            d->worker_cores[i]);
		if (d->worker_cores[i] == d->main_core && d->idle == JF_NODE_IDLE_SPIN)
			return FAIL(p, path,
			            "core %u is the main core: a worker that spins would "
			            "starve it",
			            d->main_core);
	}
	return 0;
}

static int take_sizes(const struct jf_node_parse *p, const struct raw_dataplane *raw)
{
	static const struct jf_node_range memory = {"dataplane.memory_mb", 64, 1048576, 256};
	static const struct jf_node_range endpoints = {"dataplane.endpoints_per_address", 2,
	                                               ENDPOINTS_MAX, 1000};
	static const struct jf_node_range first = {"dataplane.rtp_port_first", 1024, 65532, 16384};
	static const struct jf_node_range recordings = {"dataplane.recordings_max", 1, 1000000,
	                                                1000};
	static const struct jf_node_range buffer = {"dataplane.record_buffer_mb", 0, 1u << 20, 0};
	static const struct jf_node_range frames = {"dataplane.track_frames", 64, 65536, 128};
	struct jf_node_dataplane *d = &p->node->dataplane;
	uint32_t port = 0;
	int err = jf_node_take_number(p, &memory, raw->memory_mb, &d->memory_mb);

	if (!err)
		err = jf_node_take_number(p, &endpoints, raw->endpoints_per_address,
		                          &d->endpoints_per_address);
	if (!err)
		err = jf_node_take_number(p, &first, raw->rtp_port_first, &port);
	if (!err)
		err = jf_node_take_number(p, &recordings, raw->recordings_max, &d->recordings_max);
	if (!err)
		err = jf_node_take_number(p, &buffer, raw->record_buffer_mb, &d->record_buffer_mb);
	if (!err)
		err = jf_node_take_number(p, &frames, raw->track_frames, &d->track_frames);
	if (err)
		return err;
	if (!raw->endpoints_per_address) /* the default, but the same for each worker */
		d->endpoints_per_address -= d->endpoints_per_address % d->n_workers;
	if (d->endpoints_per_address % d->n_workers)
		return FAIL(p, endpoints.path, "%u is not a multiple of the %u workers",
		            d->endpoints_per_address, d->n_workers);
	if (port & 1)
		return FAIL(p, first.path, "%u is odd: RTP has even ports (RFC 3550)", port);
	if (port + 2 * d->endpoints_per_address > 65536)
		return FAIL(p, raw->rtp_port_first ? first.path : endpoints.path,
		            "%u endpoints from port %u on lead past port 65535",
		            d->endpoints_per_address, port);
	if (d->track_frames & (d->track_frames - 1))
		return FAIL(p, frames.path, "%u is not a power of two", d->track_frames);
	d->rtp_port_first = (uint16_t)port;
	return 0;
}

/* Pools of each worker, for what few streams need. */
static int take_pools(const struct jf_node_parse *p, const struct raw_dataplane *raw)
{
	static const struct jf_node_range inputs = {"dataplane.mix_inputs", 0, 60000, 256};
	static const struct jf_node_range transcoders = {"dataplane.transcoders", 0, 65000, 1000};
	struct jf_node_dataplane *d = &p->node->dataplane;
	int err = jf_node_take_number(p, &inputs, raw->mix_inputs, &d->mix_inputs);

	return err ? err : jf_node_take_number(p, &transcoders, raw->transcoders, &d->transcoders);
}

static int take_dataplane(const struct jf_node_parse *p, const struct raw_dataplane *raw)
{
	struct jf_node_dataplane *d = &p->node->dataplane;
	int err;

	d->hugepages = (enum jf_node_hugepages)raw->hugepages;
	d->idle = (enum jf_node_idle)raw->idle;
	d->srtp_backend = (enum jf_srtp_backend)raw->srtp_backend;
	err = take_cores(p, raw);
	if (!err)
		err = take_sizes(p, raw);
	if (!err)
		err = take_pools(p, raw);
	if (err)
		return err;
	for (unsigned i = 0; i < raw->eal_args_count; i++)
		snprintf(d->eal_args[d->n_eal_args++], JF_NODE_TEXT_SIZE, "%s", raw->eal_args[i]);
	for (unsigned i = 0; i < raw->ports_count; i++) {
		err = jf_node_take_port(p, i, &raw->ports[i]);
		if (err)
			return err;
	}
	return 0;
}

static int take_keep(const struct jf_node_parse *p, const struct raw_keep *raw)
{
	static const struct jf_node_range kpi = {"keep.kpi_days", 0, 36500, 400};
	static const struct jf_node_range records = {"keep.record_days", 0, 36500, 0};
	struct jf_node_keep *k = &p->node->keep;
	int err = jf_node_take_number(p, &kpi, raw ? raw->kpi_days : NULL, &k->kpi_days);

	if (!err && k->kpi_days && k->kpi_days < KPI_DAYS_MIN)
		return FAIL(p, kpi.path, "%u: 0, or from %u on", k->kpi_days, KPI_DAYS_MIN);
	return err ? err
	           : jf_node_take_number(p, &records, raw ? raw->record_days : NULL,
	                                 &k->record_days);
}

static int take_node(const struct jf_node_parse *p, const struct raw_node *raw)
{
	char below[JF_NODE_PATH_SIZE + 16];
	int err = take_name(p, raw->name);

	if (!err)
		err = take_dir(p, "state_dir", raw->state_dir, p->node->state_dir);
	if (!err)
		err = take_dir(p, "run_dir", raw->run_dir, p->node->run_dir);
	if (err)
		return err;
	snprintf(below, sizeof(below), "%s/recordings", p->node->state_dir);
	if (!raw->recordings_dir && strlen(below) >= JF_NODE_PATH_SIZE)
		return FAIL(p, "state_dir", "too long for the recordings folder in it");
	err = take_dir(p, "recordings_dir", raw->recordings_dir ? raw->recordings_dir : below,
	               p->node->recordings_dir);
	if (err)
		return err;
	p->node->log_level =
	        raw->log_level ? (enum jf_log_level)(raw->log_level - 1) : JF_LOG_NOTICE;
	err = take_keep(p, raw->keep);
	if (!err)
		err = take_dataplane(p, raw->dataplane);
	return err ? err : jf_node_take_sip(p, raw->sip);
}

int jf_node_parse(const char *file, const char *text, size_t length, struct jf_node *ret_node,
                  struct jf_yaml_error *ret_error)
{
	struct jf_yaml *yaml = NULL;
	struct jf_node *node = NULL;
	void *raw = NULL;
	int err = jf_yaml_open(file, text, length, &yaml, ret_error);

	if (err)
		goto out;
	err = jf_yaml_read(yaml, &node_schema, &raw, ret_error);
	if (err)
		goto out;
	node = calloc(1, sizeof(*node));
	if (!node) {
		jf_yaml_fail(yaml, ret_error, "", "out of memory");
		err = -ENOMEM;
		goto out;
	}
	err = take_node(&(struct jf_node_parse){.yaml = yaml, .error = ret_error, .node = node},
	                raw);
	if (!err)
		*ret_node = *node;
out:
	free(node);
	jf_yaml_free(&node_schema, raw);
	jf_yaml_close(yaml);
	return err;
}

uint32_t jf_node_address_count(const struct jf_node *node)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < node->dataplane.n_ports; i++)
		count += node->dataplane.ports[i].n_addresses;
	return count;
}
