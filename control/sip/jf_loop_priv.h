/* SPDX-License-Identifier: BSD-3-Clause */
/* What the loop, its timers and the SIP stack share. */
#ifndef JF_LOOP_PRIV_H
#define JF_LOOP_PRIV_H

#include <stdbool.h>
#include <stdint.h>

/* Marks the begin of this turn's work, once; the loop closes the turn. To be called wherever the
 * library hands control to us. */
void jf_loop_turn_begin(void);

/* Ends the turn that jf_loop_turn_begin began; called by the timers, before the loop waits. */
void jf_loop_turn_end(void);

/* Counts from nothing again. */
void jf_loop_turns_forget(void);

/* Which turn this is: how many have ended. */
uint64_t jf_loop_turn(void);

/* How long the loop has been busy since start, this turn included. */
uint64_t jf_loop_busy_ns(void);

/* The next turn comes at once: this one has left something to do. */
void jf_loop_again(void);

/* Until what threads of their own work at is done, and posted. false: there was nothing. */
bool jf_loop_asides_wait(void);

/* Timers that run now. */
uint32_t jf_timer_count(void);

/* Wipes the random bytes that are left (jf_random.c). */
void jf_random_close(void);

/* Frees the heap; running timers are forgotten. */
void jf_timer_close(void);

#endif
