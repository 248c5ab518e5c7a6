// SPDX-License-Identifier: BSD-3-Clause
#include "jf_netlink_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <net/if.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

struct jf_netlink {
	struct mnl_socket *socket;
	uint32_t port;
	uint32_t sequence;
	uint8_t room[8192];
};

int jf_netlink_open(struct jf_netlink **ret_netlink)
{
	struct jf_netlink *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		jf_netlink_close(n);
		return err;
	}
	n->port = mnl_socket_get_portid(n->socket);
	*ret_netlink = n;
	return 0;
}

void jf_netlink_close(struct jf_netlink *n)
{
	if (!n)
		return;
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n);
}

static struct nlmsghdr *begin(struct jf_netlink *n, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(n->room);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++n->sequence;
	return message;
}

/* Sends the message and reads up to the end of its answer. callback may be NULL. */
static int ask(struct jf_netlink *n, const struct nlmsghdr *message, mnl_cb_t callback, void *arg)
{
	ssize_t length;
	int result = MNL_CB_OK;

	if (mnl_socket_sendto(n->socket, message, message->nlmsg_len) < 0)
		return -errno;
	while (result > MNL_CB_STOP) {
		length = mnl_socket_recvfrom(n->socket, n->room, sizeof(n->room));
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		result = mnl_cb_run(n->room, (size_t)length, n->sequence, n->port, callback, arg);
	}
	return result < 0 ? -errno : 0;
}

int jf_netlink_link_set_up(struct jf_netlink *n, uint32_t ifindex, const uint8_t mac[6])
{
	struct nlmsghdr *message = begin(n, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	struct nlattr *families, *inet6;
	int err;

	link->ifi_index = (int)ifindex;
	mnl_attr_put(message, IFLA_ADDRESS, 6, mac);
	err = ask(n, message, NULL, NULL);
	if (err)
		return err;

	/* Without a link-local address IPv6 keeps quiet; kernels without IPv6 refuse this. */
	message = begin(n, RTM_NEWLINK, NLM_F_ACK);
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_index = (int)ifindex;
	families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(message, AF_INET6);
	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(message, inet6);
	mnl_attr_nest_end(message, families);
	(void)ask(n, message, NULL, NULL);

	message = begin(n, RTM_NEWLINK, NLM_F_ACK);
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_index = (int)ifindex;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return ask(n, message, NULL, NULL);
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct jf_netlink_link *ret = arg;

	ret->is_up = link->ifi_flags & IFF_UP;
	ret->is_running = ret->is_up && (link->ifi_flags & IFF_RUNNING);
	return MNL_CB_STOP;
}

int jf_netlink_link_get(struct jf_netlink *n, uint32_t ifindex, struct jf_netlink_link *ret_link)
{
	struct nlmsghdr *message = begin(n, RTM_GETLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_index = (int)ifindex;
	return ask(n, message, take_link, ret_link);
}

static uint8_t family_of(const struct jf_ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

static uint16_t bytes_of(const struct jf_ip *ip)
{
	return ip->family == 6 ? 16 : 4;
}

/* false: the attribute is not an address of that family. */
static bool take_ip(const struct nlattr *attr, uint8_t family, struct jf_ip *ret_ip)
{
	uint16_t bytes = family == AF_INET6 ? 16 : 4;

	if (mnl_attr_get_payload_len(attr) != bytes)
		return false;
	*ret_ip = jf_ip_of(family == AF_INET6 ? 6 : 4, mnl_attr_get_payload(attr));
	return true;
}

int jf_netlink_address_add(struct jf_netlink *n, uint32_t ifindex, const struct jf_ip *ip,
                           uint8_t prefix_length)
{
	struct nlmsghdr *message = begin(n, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *address = mnl_nlmsg_put_extra_header(message, sizeof(*address));

	address->ifa_family = family_of(ip);
	address->ifa_prefixlen = prefix_length;
	address->ifa_index = ifindex;
	address->ifa_scope = RT_SCOPE_UNIVERSE;
	if (ip->family == 6)
		mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	mnl_attr_put(message, IFA_LOCAL, bytes_of(ip), ip->bytes);
	mnl_attr_put(message, IFA_ADDRESS, bytes_of(ip), ip->bytes);
	return ask(n, message, NULL, NULL);
}

struct route_answer {
	uint8_t type;
	struct jf_ip gateway; /* family 0: none */
};

static int take_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct route_answer *answer = arg;
	const struct nlattr *attr;

	answer->type = route->rtm_type;
	mnl_attr_for_each(attr, message, sizeof(*route))
	{
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			(void)take_ip(attr, route->rtm_family, &answer->gateway);
	}
	return MNL_CB_STOP;
}

static int ask_route(struct jf_netlink *n, uint32_t ifindex, const struct jf_ip *remote,
                     uint32_t flags, struct route_answer *ret_answer)
{
	struct nlmsghdr *message = begin(n, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

	route->rtm_family = family_of(remote);
	route->rtm_dst_len = (uint8_t)(8 * bytes_of(remote));
	route->rtm_flags = flags;
	mnl_attr_put(message, RTA_DST, bytes_of(remote), remote->bytes);
	mnl_attr_put_u32(message, RTA_OIF, ifindex);
	return ask(n, message, take_route, ret_answer);
}

int jf_netlink_next_hop(struct jf_netlink *n, uint32_t ifindex, const struct jf_ip *remote,
                        struct jf_ip *ret_hop)
{
	struct route_answer answer = {0};
	/*
	 * Without a route the kernel takes any remote for on-link, because the interface is named;
	 * asked for the entry of the table it says that there is none.
	 */
	int err = ask_route(n, ifindex, remote, RTM_F_FIB_MATCH, &answer);

	if (!err && answer.type == RTN_UNICAST) {
		answer = (struct route_answer){0};
		err = ask_route(n, ifindex, remote, 0, &answer); /* chooses among paths */
	}
	if (err == -EINVAL || (!err && answer.type != RTN_UNICAST))
		return -EINVAL;
	if (err)
		return -ENETUNREACH;
	*ret_hop = answer.gateway.family ? answer.gateway : *remote;
	return 0;
}

/* false: not about IP. */
static bool parse_neigh(const struct nlmsghdr *message, struct jf_netlink_neigh *ret_neigh)
{
	const struct ndmsg *entry;
	const struct nlattr *attr;
	bool has_ip = false;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*entry))
		return false;
	entry = mnl_nlmsg_get_payload(message);
	if (entry->ndm_family != AF_INET && entry->ndm_family != AF_INET6)
		return false;
	*ret_neigh = (struct jf_netlink_neigh){
	        .ifindex = (uint32_t)entry->ndm_ifindex,
	        .state = message->nlmsg_type == RTM_DELNEIGH ? 0 : entry->ndm_state,
	};
	mnl_attr_for_each(attr, message, sizeof(*entry))
	{
		if (mnl_attr_get_type(attr) == NDA_DST) {
			has_ip = take_ip(attr, entry->ndm_family, &ret_neigh->ip);
		} else if (mnl_attr_get_type(attr) == NDA_LLADDR &&
		           mnl_attr_get_payload_len(attr) == 6) {
			memcpy(ret_neigh->mac, mnl_attr_get_payload(attr), 6);
			ret_neigh->has_mac = true;
		}
	}
	return has_ip;
}

static int take_neigh(const struct nlmsghdr *message, void *arg)
{
	struct jf_netlink_neigh *neigh = arg;

	if (message->nlmsg_type == RTM_NEWNEIGH)
		parse_neigh(message, neigh);
	return MNL_CB_STOP;
}

int jf_netlink_neigh_get(struct jf_netlink *n, uint32_t ifindex, const struct jf_ip *ip,
                         struct jf_netlink_neigh *ret_neigh)
{
	struct nlmsghdr *message = begin(n, RTM_GETNEIGH, 0);
	struct ndmsg *entry = mnl_nlmsg_put_extra_header(message, sizeof(*entry));
	struct jf_netlink_neigh neigh = {0};
	int err;

	entry->ndm_family = family_of(ip);
	entry->ndm_ifindex = (int)ifindex;
	mnl_attr_put(message, NDA_DST, bytes_of(ip), ip->bytes);
	err = ask(n, message, take_neigh, &neigh);
	if (err)
		return err;
	if (!jf_ip_equal(&neigh.ip, ip))
		return -ENOENT;
	*ret_neigh = neigh;
	return 0;
}

int jf_netlink_neigh_use(struct jf_netlink *n, uint32_t ifindex, const struct jf_ip *ip)
{
	struct nlmsghdr *message = begin(n, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *entry = mnl_nlmsg_put_extra_header(message, sizeof(*entry));

	entry->ndm_family = family_of(ip);
	entry->ndm_ifindex = (int)ifindex;
	entry->ndm_flags = NTF_USE;
	mnl_attr_put(message, NDA_DST, bytes_of(ip), ip->bytes);
	return ask(n, message, NULL, NULL);
}

/* ---- Notifications ------------------------------------------------------------------------ */

#define WATCH_BUFFER (4 << 20) /* bytes in the kernel: an ARP storm's worth */

struct jf_netlink_watch {
	struct mnl_socket *socket;
	uint8_t room[16384];
};

int jf_netlink_watch_open(struct jf_netlink_watch **ret_watch)
{
	const int groups[] = {RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	                      RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE};
	const int bytes = WATCH_BUFFER;
	struct jf_netlink_watch *w = calloc(1, sizeof(*w));
	int err = 0;

	if (!w)
		return -ENOMEM;
	w->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->socket || mnl_socket_bind(w->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		err = -errno;
	for (size_t i = 0; !err && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (mnl_socket_setsockopt(w->socket, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
		                          sizeof(groups[i])) < 0)
			err = -errno;
	if (err) {
		jf_netlink_watch_close(w);
		return err;
	}
	/* Needs CAP_NET_ADMIN; without it the ordinary size has to do. */
	(void)setsockopt(mnl_socket_get_fd(w->socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
	                 sizeof(bytes));
	*ret_watch = w;
	return 0;
}

void jf_netlink_watch_close(struct jf_netlink_watch *w)
{
	if (!w)
		return;
	if (w->socket)
		mnl_socket_close(w->socket);
	free(w);
}

int jf_netlink_watch_fd(const struct jf_netlink_watch *w)
{
	return mnl_socket_get_fd(w->socket);
}

static int take_notification(const struct nlmsghdr *message, void *arg)
{
	const struct jf_netlink_handlers *h = arg;
	struct jf_netlink_neigh neigh;

	switch (message->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (parse_neigh(message, &neigh))
			h->on_neigh(h->arg, &neigh);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_NEWRULE:
	case RTM_DELRULE:
		h->on_routes_changed(h->arg);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

void jf_netlink_watch_read(struct jf_netlink_watch *w, const struct jf_netlink_handlers *h)
{
	for (;;) {
		ssize_t length = mnl_socket_recvfrom(w->socket, w->room, sizeof(w->room));

		if (length < 0 && errno == ENOBUFS) {
			h->on_overrun(h->arg);
			continue;
		}
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return;
		(void)mnl_cb_run(w->room, (size_t)length, 0, 0, take_notification, (void *)h);
	}
}
