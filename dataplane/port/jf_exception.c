// SPDX-License-Identifier: BSD-3-Clause
#include "jf_exception_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <linux/if_tun.h>

#include <rte_mbuf.h>

#define PUMP_PACKETS 256 /* each way and turn */

static int fail(struct jf_ports_error *ret_error, const char *name, const char *what, int err)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "exception interface %s: %s: %s%s", name,
	         what, strerror(-err),
	         err == -EBUSY ? " (is another engine running in this network namespace?)" : "");
	return err;
}

static int make_tap(struct jf_exception *e, const char *name, struct jf_ports_error *ret_error)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL};

	e->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (e->fd < 0)
		return fail(ret_error, name, "/dev/net/tun", -errno);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(e->fd, TUNSETIFF, &request) < 0)
		return fail(ret_error, name, "can't be made", -errno);
	/* No offloads: what comes out of the kernel is complete, checksums and all. */
	if (ioctl(e->fd, TUNSETOFFLOAD, 0) < 0)
		return fail(ret_error, name, "offloads", -errno);
	e->ifindex = if_nametoindex(name);
	if (!e->ifindex)
		return fail(ret_error, name, "index", -errno);
	return 0;
}

/* The kernel asks for IPv6 neighbours from its link-local address (RFC 4291 appendix A). */
static struct jf_ip link_local(const uint8_t mac[6])
{
	return (struct jf_ip){
	        .family = 6,
	        .bytes = {0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4],
	                  mac[5]},
	};
}

static int add_addresses(struct jf_exception *e, struct jf_netlink *netlink,
                         const struct jf_node_port *config, const uint8_t mac[6])
{
	bool has_link_local = false;
	int err = 0;

	for (uint32_t i = 0; !err && i < config->n_addresses; i++) {
		const struct jf_node_address *address = &config->addresses[i];

		if (address->ip.family == 6 && !has_link_local) {
			struct jf_ip ip = link_local(mac);

			err = jf_netlink_address_add(netlink, e->ifindex, &ip, 64);
			has_link_local = true;
		}
		if (!err)
			err = jf_netlink_address_add(netlink, e->ifindex, &address->ip,
			                             address->prefix_length);
	}
	return err;
}

int jf_exception_open(struct jf_exception *e, struct jf_netlink *netlink,
                      const struct jf_node_port *config, const uint8_t mac[6],
                      struct jf_ports_error *ret_error)
{
	const char *name = config->exception;
	int err;

	*e = (struct jf_exception){.fd = -1};
	err = make_tap(e, name, ret_error);
	if (err)
		goto out;
	err = jf_netlink_link_set_up(netlink, e->ifindex, mac);
	if (err) {
		fail(ret_error, name, "can't be brought up", err);
		goto out;
	}
	err = add_addresses(e, netlink, config, mac);
	if (err)
		fail(ret_error, name, "address can't be set", err);
out:
	if (err)
		jf_exception_close(e);
	return err;
}

void jf_exception_close(struct jf_exception *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

void jf_exception_set_carrier(const struct jf_exception *e, bool up)
{
	unsigned carrier = up;

	if (e->fd >= 0)
		(void)ioctl(e->fd, TUNSETCARRIER, &carrier); /* since Linux 5.0 */
}

static void write_to_kernel(struct jf_exception *e, struct rte_mbuf *packet)
{
	ssize_t written = -1;

	if (packet->nb_segs == 1 || !rte_pktmbuf_linearize(packet))
		written = write(e->fd, rte_pktmbuf_mtod(packet, const void *), packet->data_len);
	if (written == (ssize_t)packet->data_len)
		e->to_kernel++;
	else
		e->tap_refused++;
	rte_pktmbuf_free(packet);
}

/* false: nothing more there. */
static bool read_from_kernel(struct jf_exception *e, const struct jf_port *port,
                             struct rte_mempool *pool)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	uint8_t lost[JF_PORT_FRAME_MAX];
	ssize_t length;

	if (!packet) { /* take it away all the same: otherwise the tap wakes us for ever */
		if (read(e->fd, lost, sizeof(lost)) <= 0)
			return false;
		e->from_kernel_dropped++;
		return true;
	}
	length = read(e->fd, rte_pktmbuf_mtod(packet, void *), rte_pktmbuf_tailroom(packet));
	if (length <= 0) {
		rte_pktmbuf_free(packet);
		return false;
	}
	packet->data_len = (uint16_t)length;
	packet->pkt_len = (uint32_t)length;
	if (rte_ring_enqueue(port->from_kernel, packet)) {
		e->from_kernel_dropped++;
		rte_pktmbuf_free(packet);
	} else {
		e->from_kernel++;
	}
	return true;
}

void jf_exception_pump(struct jf_exception *e, const struct jf_port *port, struct rte_mempool *pool)
{
	struct rte_mbuf *packets[JF_PORT_BURST];
	unsigned count;

	if (e->fd < 0)
		return;
	for (int moved = 0; moved < PUMP_PACKETS; moved += (int)count) {
		count = rte_ring_dequeue_burst(port->to_kernel, (void **)packets, JF_PORT_BURST,
		                               NULL);
		if (!count)
			break;
		for (unsigned i = 0; i < count; i++)
			write_to_kernel(e, packets[i]);
	}
	for (int moved = 0; moved < PUMP_PACKETS; moved++)
		if (!read_from_kernel(e, port, pool))
			break;
}
