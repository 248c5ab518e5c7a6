/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has guessed wrong too often, and until when nobody listens to them: by source address and by
 * account, in tables of fixed size. Pure: time is a parameter. Loop thread.
 *
 * A few wrong answers are free; from then on each one doubles the pause, up to a quarter of an
 * hour. An hour without a wrong answer and all is forgotten. Nothing else takes it back: who knows
 * one password, or whose phone goes on registering, must not make somebody's guesses free.
 *
 * Those who are at home are judged for themselves: where an account has a phone registered from an
 * address, only wrong answers for that account from that address count against it. So guesses from
 * elsewhere, or of a neighbour behind the same NAT, keep no registered phone out.
 *
 * Only an answer to a nonce of ours counts, and a nonce is good for the address that it was sent
 * to: nobody is locked out by packets with a forged source.
 */
#ifndef JF_LOCKOUT_H
#define JF_LOCKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_LOCKOUT_ACCOUNT_MAX 64
#define JF_LOCKOUT_ENTRIES     4096u /* of each kind; the oldest that is free makes room */

enum jf_lockout_kind {
	JF_LOCKOUT_SOURCE,  /* an address; of IPv6 its /64 */
	JF_LOCKOUT_ACCOUNT, /* a name, whether there is such an agent or not */
	JF_LOCKOUT_HOME,    /* a name at an address from which it is registered */
	JF_LOCKOUT_KINDS,
};

const char *jf_lockout_kind_name(enum jf_lockout_kind kind); /* "source", "account", "home" */

struct jf_lockouts;

/* Somebody who wants in. ip: as of struct jf_sip_peer. */
struct jf_lockout_who {
	uint8_t family;
	uint8_t ip[16];
	const char *account;
	bool home; /* the account has a phone registered from this address */
};

/* 0 or -ENOMEM. seed: of the hash, so that nobody can aim at a place in the table. */
int jf_lockouts_create(const uint64_t seed[2], struct jf_lockouts **ret_lockouts);
void jf_lockouts_destroy(struct jf_lockouts *lockouts);

/* For how long nobody listens to them yet, in seconds, rounded up; 0: they are listened to. */
uint32_t jf_lockout_left_s(const struct jf_lockouts *lockouts, const struct jf_lockout_who *who,
                           uint64_t now_ns);

/* A wrong answer. True: that has just locked them out, or for longer. */
bool jf_lockout_wrong(struct jf_lockouts *lockouts, const struct jf_lockout_who *who,
                      uint64_t now_ns);

struct jf_lockout {
	enum jf_lockout_kind kind;
	uint8_t family; /* 0: none, of an account */
	uint8_t ip[16];
	char account[JF_LOCKOUT_ACCOUNT_MAX]; /* "" of a source. As it was sent: escape it */
	uint32_t wrong;                       /* answers */
	uint64_t until_ns;                    /* not locked out now when it is past */
};

/* Those remembered, from *cursor on (0: the first), which moves on; false: no more. The table may
 * change in between. */
bool jf_lockout_next(const struct jf_lockouts *lockouts, uint32_t *cursor, uint64_t now_ns,
                     struct jf_lockout *ret_lockout);

/* How many are locked out now. */
uint32_t jf_lockout_count(const struct jf_lockouts *lockouts, uint64_t now_ns);

/* Forgets whatever is held against an account, or (account NULL) an address. How many entries. */
unsigned jf_lockout_clear(struct jf_lockouts *lockouts, const char *account, uint8_t family,
                          const uint8_t ip[16]);

#endif
