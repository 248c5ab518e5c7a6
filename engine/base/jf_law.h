/* SPDX-License-Identifier: BSD-3-Clause */
/* The two companding laws of ITU-T G.711, numbered as their static RTP payload types (RFC 3551). */
#ifndef JF_LAW_H
#define JF_LAW_H

enum jf_law {
	JF_LAW_PCMU = 0, /* mu-law */
	JF_LAW_PCMA = 8, /* A-law */
};

#endif
