/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How good a telephone stream sounds, from what was measured of it: the E-model of ITU-T G.107
 * (06/2015) with its default values (table 1: 93.2 where nothing is wrong), its equipment
 * impairments from ITU-T G.113 appendix I:
 *
 *                             Ie    Bpl
 *   PCMU, PCMA, with PLC       0    25.1
 *   PCMU, PCMA, without        0     4.3
 *   G.722 at 64 kbit/s        13     4.3    wideband
 *
 * Wideband is rated on the scale of ITU-T G.107.1, where R goes up to 129 and a MOS is that of
 * R / 1.29: so the MOS of a wideband stream and of a narrowband one are not on one scale (ITU-T
 * P.800.1: MOS-CQEW, MOS-CQEN). Of G.107.1 are the best value (129) and G.722's impairment without
 * loss (13, from G.113 appendix IV); the impairments by delay are those of G.107 times 1.29, and
 * loss is weighed by the lowest robustness factor of G.113, 4.3, which counts it rather too much
 * than too little.
 *
 * Other codecs are not rated: what they lose to loss is not known here.
 *
 * Pure; any thread. Not for workers: it takes logarithms and roots.
 */
#ifndef JF_EMODEL_H
#define JF_EMODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_codec.h"

struct jf_emodel_input {
	enum jf_codec codec;
	bool concealed;     /* the receiver has packet-loss concealment (PLC) */
	double delay_ms;    /* Ta: one way, from mouth to ear; jf_emodel_delay_ms */
	double loss;        /* 0 .. 1, of packets */
	double burst_ratio; /* BurstR; 1: random; jf_emodel_burst_ratio */
};

struct jf_emodel_rating {
	double r;   /* the transmission rating factor; at most 93.2, or 116 of 129 for wideband */
	double mos; /* 1 .. 4.5 */
	bool wideband;
};

/* false: the codec can't be rated, ret_rating is untouched. */
bool jf_emodel_rate(const struct jf_emodel_input *input, struct jf_emodel_rating *ret_rating);

/* G.107 annex B: the mean opinion score of a (narrowband) R. */
double jf_emodel_mos(double r);

/*
 * What a way of that round trip delays: half of it, the packet that must be full before it is sent,
 * and a jitter buffer that holds one packet and twice the jitter (RFC 3550).
 */
double jf_emodel_delay_ms(double round_trip_ms, double jitter_ms, double packet_ms);

/*
 * G.107 section 7.5: the mean length of the runs in which packets were lost, over the mean length
 * if as many had been lost at random, 1 / (1 - loss). 1 if nothing was lost. runs: of consecutive
 * losses, as in jf_rx_stats.
 */
double jf_emodel_burst_ratio(uint64_t expected, uint64_t lost, uint64_t runs);

/* What RTP and RTCP told of a stream. */
struct jf_emodel_counts {
	uint64_t expected, lost, loss_runs; /* packets, packets, runs */
	double jitter_ms;
	double round_trip_ms; /* 0: not known; its share is then not counted */
};

/*
 * All of the above for it: as a telephone with concealment hears it that gets packets of 20 ms.
 * false: nothing came, or jf_emodel_rate says so.
 */
bool jf_emodel_rate_counts(enum jf_codec codec, const struct jf_emodel_counts *counts,
                           struct jf_emodel_rating *ret_rating);

#endif
