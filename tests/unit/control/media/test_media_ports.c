// SPDX-License-Identifier: BSD-3-Clause
/* Several sides: from which address a party is served. */
#include "media_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct jf_contract_shape usual_shape;

/* Carriers' side with two addresses in one network and an IPv6 one, agents' side with one. */
static int set_up_sides(void **state)
{
	static const struct jf_contract_address addresses[] = {
	        {.ip = {10, 77, 0, 1}, .family = 4, .prefix_length = 16, .port = 0},
	        {.ip = {10, 77, 0, 2}, .family = 4, .prefix_length = 16, .port = 0},
	        {.ip = {0x20, 1, 0xd, 0xb8, [15] = 1}, .family = 6, .prefix_length = 64, .port = 0},
	        {.ip = {10, 78, 0, 1}, .family = 4, .prefix_length = 16, .port = 1},
	        {.ip = {10, 78, 5, 1}, .family = 4, .prefix_length = 24, .port = 1},
	};

	usual_shape = fake_shape;
	fake_shape.n_addresses = sizeof(addresses) / sizeof(addresses[0]);
	fake_shape.n_ports = 2;
	memcpy(fake_shape.addresses, addresses, sizeof(addresses));
	return set_up(state);
}

static int tear_down_sides(void **state)
{
	fake_shape = usual_shape;
	return tear_down(state);
}

static const struct jf_media_address carrier = {.ip = {10, 77, 3, 3}, .family = 4};
static const struct jf_media_address agent = {.ip = {10, 78, 3, 3}, .family = 4};
static const struct jf_media_address near_agent = {.ip = {10, 78, 5, 3}, .family = 4};
static const struct jf_media_address stranger = {.ip = {192, 0, 2, 1}, .family = 4};
static const struct jf_media_address carrier_v6 = {.ip = {0x20, 1, 0xd, 0xb8, [15] = 9},
                                                   .family = 6};

/* The address, by its place in the shape, of a new endpoint toward that party. */
static uint32_t address_toward(const struct jf_media_address *toward,
                               const struct jf_media_ref *beside)
{
	struct jf_media_ref ref = {0};
	struct jf_media_address local;
	uint32_t address;

	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, beside, toward, &ref), 0);
	address = ref.index / fake_shape.endpoints_per_address;
	assert_int_equal(jf_media_local(media, ref, &local), 0);
	assert_int_equal(local.family, fake_shape.addresses[address].family);
	assert_memory_equal(local.ip, fake_shape.addresses[address].ip, 16);
	if (beside)
		assert_int_equal(jf_contract_worker_of(&fake.contract, ref.index),
		                 jf_contract_worker_of(&fake.contract, beside->index));
	assert_int_equal(jf_media_close(media, ref), 0);
	return address;
}

static void a_party_is_served_from_its_side(void **state)
{
	struct jf_media_ref first;

	(void)state;
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier, &first), 0);
	assert_true(first.index / fake_shape.endpoints_per_address < 2);
	assert_int_equal(address_toward(&agent, &first), 3);
	assert_int_equal(address_toward(&near_agent, &first), 4);
	assert_int_equal(address_toward(&carrier_v6, &first), 2);
	assert_true(address_toward(&stranger, &first) < 2);
	assert_true(address_toward(NULL, &first) < 2);
}

static void an_endpoint_serves_the_parties_of_its_side(void **state)
{
	struct jf_media_ref ref;

	(void)state;
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier, &ref), 0);
	assert_true(jf_media_serves(media, ref, &carrier));
	assert_false(jf_media_serves(media, ref, &agent));
	assert_false(jf_media_serves(media, ref, &carrier_v6));
	jf_media_close(media, ref);
	assert_false(jf_media_serves(media, ref, &carrier));
}

static void addresses_of_one_network_share_the_load(void **state)
{
	struct jf_media_ref ref;
	uint32_t count[5] = {0};

	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier, &ref),
		                 0);
		count[ref.index / fake_shape.endpoints_per_address]++;
	}
	assert_int_equal(count[0], 8);
	assert_int_equal(count[1], 8);
	/* A side that is full has no room on another one. */
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier, &ref),
	                 -ENOSPC);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &agent, &ref), 0);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier_v6, &ref), 0);
}

static int set_up_without_v6(void **state)
{
	int result = set_up_sides(state);

	fake_stop(&fake);
	jf_media_destroy(media);
	fake_shape.addresses[2] = fake_shape.addresses[4];
	fake_shape.n_addresses = 4;
	fake_start(&fake, segment, now_ns);
	control_start();
	return result;
}

static void a_family_without_an_address_is_refused(void **state)
{
	struct jf_media_ref ref;

	(void)state;
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &carrier_v6, &ref),
	                 -EAFNOSUPPORT);
}

static void ports_are_shown_and_their_links_told(void **state)
{
	struct jf_port_slot *slot = &fake.contract.ports[1];
	struct jf_media_port port;

	(void)state;
	*slot = (struct jf_port_slot){
	        .vlan = 120,
	        .link_up = 1,
	        .steering = JF_STEERING_RSS,
	        .exception_state = JF_EXCEPTION_DOWN,
	        .name = "agents",
	        .exception = "jf1",
	        .device_rx_missed = 7,
	        .neighbours_known = 3,
	};
	memset(slot->device, 'x', sizeof(slot->device)); /* no end: it is cut */
	fake.contract.traffic[1].rx_packets = 5;
	fake.contract.traffic[JF_CONTRACT_PORTS_MAX + 1].rx_packets = 6;
	live(10);
	assert_int_equal(seen_of(JF_MEDIA_LINK), 0); /* up is no news */
	assert_int_equal(jf_media_port(media, 1, &port), 0);
	assert_string_equal(port.name, "agents");
	assert_int_equal(strlen(port.device), sizeof(port.device) - 1);
	assert_string_equal(port.steering, "rss");
	assert_string_equal(port.exception_state, "down");
	assert_int_equal(port.vlan, 120);
	assert_int_equal(port.rx_packets, 11);
	assert_int_equal(port.rx_missed, 7);
	assert_int_equal(port.n_addresses, 2);
	assert_int_equal(port.addresses[1].prefix_length, 24);
	assert_int_equal(jf_media_port(media, 2, &port), -ENOENT);

	slot->link_up = 0;
	live(20);
	assert_int_equal(seen_of(JF_MEDIA_LINK), 1);
	assert_int_equal(last_of(JF_MEDIA_LINK)->port, 1);
	assert_false(last_of(JF_MEDIA_LINK)->link_up);
	slot->link_up = 1;
	live(20);
	assert_int_equal(seen_of(JF_MEDIA_LINK), 2);
	assert_true(last_of(JF_MEDIA_LINK)->link_up);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_sides, tear_down_sides)
	const struct CMUnitTest tests[] = {
	        TEST(a_party_is_served_from_its_side),
	        TEST(an_endpoint_serves_the_parties_of_its_side),
	        TEST(addresses_of_one_network_share_the_load),
	        TEST(ports_are_shown_and_their_links_told),
	        cmocka_unit_test_setup_teardown(a_family_without_an_address_is_refused,
	                                        set_up_without_v6, tear_down_sides),
	};

	return cmocka_run_group_tests_name("media ports", tests, NULL, NULL);
}
