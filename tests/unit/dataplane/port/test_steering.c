// SPDX-License-Identifier: BSD-3-Clause
/* Rules for devices that can steer, put into a device that only remembers them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_flow.h>

#include "jf_steering_priv.h"

#define RULES_MAX 4096

struct rule {
	uint16_t first, mask, queue;
	bool v6, tagged;
};

static struct {
	struct rule rules[RULES_MAX];
	uint32_t n;
	uint32_t room; /* it takes so many */
	bool no_v6;
} device;

/* ---- In place of the library's --------------------------------------------------------------- */

static struct rule read_rule(const struct rte_flow_item *item, const struct rte_flow_action *action)
{
	const struct rte_flow_action_queue *queue = action->conf;
	struct rule rule = {.queue = queue->index};

	assert_int_equal(action->type, RTE_FLOW_ACTION_TYPE_QUEUE);
	for (; item->type != RTE_FLOW_ITEM_TYPE_END; item++) {
		rule.v6 |= item->type == RTE_FLOW_ITEM_TYPE_IPV6;
		rule.tagged |= item->type == RTE_FLOW_ITEM_TYPE_VLAN;
		if (item->type == RTE_FLOW_ITEM_TYPE_UDP) {
			const struct rte_flow_item_udp *spec = item->spec, *mask = item->mask;

			rule.first = rte_be_to_cpu_16(spec->hdr.dst_port);
			rule.mask = rte_be_to_cpu_16(mask->hdr.dst_port);
		}
	}
	return rule;
}

int rte_flow_validate(uint16_t port_id, const struct rte_flow_attr *attr,
                      const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
                      struct rte_flow_error *error)
{
	(void)port_id;
	(void)error;
	assert_true(attr->ingress);
	return device.no_v6 && read_rule(pattern, actions).v6 ? -ENOTSUP : 0;
}

struct rte_flow *rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
                                 const struct rte_flow_item pattern[],
                                 const struct rte_flow_action actions[],
                                 struct rte_flow_error *error)
{
	(void)port_id;
	(void)attr;
	(void)error;
	if (device.n == device.room)
		return NULL;
	device.rules[device.n] = read_rule(pattern, actions);
	return (struct rte_flow *)&device.rules[device.n++];
}

int rte_flow_flush(uint16_t port_id, struct rte_flow_error *error)
{
	(void)port_id;
	(void)error;
	device.n = 0;
	return 0;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int fresh(void **state)
{
	(void)state;
	memset(&device, 0, sizeof(device));
	device.room = RULES_MAX;
	return 0;
}

static void blocks_make_up_the_range_and_nothing_else(void **state)
{
	(void)state;
	srand(2);
	for (int n = 0; n < 300; n++) {
		struct jf_steering_block blocks[JF_STEERING_BLOCKS_MAX];
		uint32_t first = (uint32_t)rand() % 65536;
		uint32_t last = first + (uint32_t)rand() % (65536 - first);
		uint32_t count = jf_steering_blocks((uint16_t)first, (uint16_t)last, blocks);

		assert_true(count <= JF_STEERING_BLOCKS_MAX);
		for (uint32_t port = 0; port < 65536; port++) {
			uint32_t hits = 0;

			for (uint32_t i = 0; i < count; i++)
				hits += (port & blocks[i].mask) == blocks[i].first;
			assert_int_equal(hits, port >= first && port <= last);
		}
	}
}

/* The queue of a frame, -1 where no rule takes it; no two may. */
static int queue_of(uint16_t port, bool v6, bool tagged)
{
	int queue = -1;

	for (uint32_t i = 0; i < device.n; i++) {
		const struct rule *r = &device.rules[i];

		if (r->v6 != v6 || r->tagged != tagged || (port & r->mask) != r->first)
			continue;
		assert_int_equal(queue, -1);
		queue = r->queue;
	}
	return queue;
}

static void each_port_goes_to_its_worker(void **state)
{
	const struct jf_steering_shape shape = {.n_workers = 3,
	                                        .endpoints_per_address = 999,
	                                        .port_first = 20000,
	                                        .v4 = true,
	                                        .v6 = true,
	                                        .tagged = true};

	(void)state;
	assert_int_equal(jf_steering_set_rules(0, &shape), 0);
	for (uint32_t place = 0; place < 999; place++) {
		uint16_t port = (uint16_t)(20000 + 2 * place);

		for (int v6 = 0; v6 < 2; v6++) {
			assert_int_equal(queue_of(port, v6, true), place / 333);
			assert_int_equal(queue_of(port + 1, v6, true), place / 333); /* RTCP */
			assert_int_equal(queue_of(port, v6, false), -1);
		}
	}
	assert_int_equal(queue_of(19999, false, true), -1);
	assert_int_equal(queue_of(20000 + 2 * 999, false, true), -1);
	assert_true(device.n <= 2 * 3 * 20);
}

static void a_device_that_takes_some_rules_keeps_none(void **state)
{
	struct jf_steering_shape shape = {.n_workers = 2,
	                                  .endpoints_per_address = 1000,
	                                  .port_first = 16384,
	                                  .v4 = true,
	                                  .untagged = true};

	(void)state;
	device.room = 5;
	assert_int_equal(jf_steering_set_rules(0, &shape), -ENOSPC);
	assert_int_equal(device.n, 0);
	device.room = RULES_MAX;
	device.no_v6 = true;
	assert_int_equal(jf_steering_set_rules(0, &shape), 0);
	shape.v6 = true;
	assert_int_equal(jf_steering_set_rules(0, &shape), -ENOTSUP);
	assert_int_equal(device.n, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
	        TEST(blocks_make_up_the_range_and_nothing_else),
	        TEST(each_port_goes_to_its_worker),
	        TEST(a_device_that_takes_some_rules_keeps_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
