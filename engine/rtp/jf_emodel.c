// SPDX-License-Identifier: BSD-3-Clause
#include "jf_emodel.h"

#include <math.h>

/* G.107 table 1: default values. dB, dBm0p and the like as there. */
#define SLR    8.0
#define RLR    2.0
#define OLR    (SLR + RLR)
#define STMR   15.0
#define LSTR   18.0
#define DS     3.0
#define TELR   65.0
#define WEPL   110.0
#define QDU    1.0
#define NC     (-70.0)
#define NFOR   (-64.0)
#define PS     35.0
#define PR     35.0
#define MT_MS  100.0 /* mT: delay that is not noticed */
#define IE_MAX 95.0

#define BURST_MAX 8.0 /* G.107 table 1: the range of BurstR begins at 1 and ends here */

#define PACKET_MS 20.0

#define WIDEBAND 1.29 /* G.107.1 annex A */
#define R_MAX_WB 129.0

struct codec {
	double ie, bpl;
	bool wideband;
};

/* Equation (7-3): noise from the lines, both rooms and the receiver, summed in power. */
static double noise(void)
{
	double nos = PS - SLR - DS - 100 + 0.004 * pow(PS - OLR - DS - 14, 2);
	double pre = PR + 10 * log10(1 + pow(10, (10 - LSTR) / 10));
	double nor = RLR - 121 + pre + 0.008 * pow(pre - 35, 2);

	return 10 * log10(pow(10, NC / 10) + pow(10, nos / 10) + pow(10, nor / 10) +
	                  pow(10, (NFOR + RLR) / 10));
}

/* Section 7.3, Is: too loud a connection, sidetone, quantising distortion. */
static double simultaneous(double no, double ro, double delay_ms)
{
	double xolr = OLR + 0.2 * (64 + no - RLR);
	double iolr = 20 * (pow(1 + pow(xolr / 8, 8), 1.0 / 8) - xolr / 8);
	double stmro = -10 * log10(pow(10, -STMR / 10) + exp(-delay_ms / 4) * pow(10, -TELR / 10));
	double ist = 12 * pow(1 + pow((stmro - 13) / 6, 8), 1.0 / 8) -
	             28 * pow(1 + pow((stmro + 1) / 19.4, 35), 1.0 / 35) -
	             13 * pow(1 + pow((stmro - 3) / 33, 13), 1.0 / 13) + 29;
	double q = 37 - 15 * log10(QDU);
	double g = 1.07 + 0.258 * q + 0.0602 * q * q;
	double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
	double z = 46.0 / 30 - g / 40;
	double iq = 15 * log10(1 + pow(10, y) + pow(10, z));

	return iolr + ist + iq;
}

/* Section 7.4, Id: the talker's echo, the listener's, and delay itself. T = Ta, Tr = 2 Ta. */
static double delayed(double no, double ro, double ms)
{
	double terv = TELR - 40 * log10((1 + ms / 10) / (1 + ms / 150)) + 6 * exp(-0.3 * ms * ms);
	double echo = (-1.5 * (no - RLR) - (80 + 2.5 * (terv - 14))) / 2;
	double idte = (echo + sqrt(echo * echo + 100) - 1) * (1 - exp(-ms));
	double heard = (ro - 10.5 * (WEPL + 7) * pow(2 * ms + 1, -0.25)) / 2;
	double idle = heard + sqrt(heard * heard + 169);
	double x = ms > MT_MS ? log2(ms / MT_MS) : 0;
	double idd = 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);

	return idte + idle + idd;
}

/* Section 7.5, Ie-eff. */
static double equipment(const struct codec *codec, double loss, double burst_ratio)
{
	double ppl = 100 * fmin(fmax(loss, 0), 1);
	double burst = fmin(fmax(burst_ratio, 1), BURST_MAX);

	return codec->ie + (IE_MAX - codec->ie) * ppl / (ppl / burst + codec->bpl);
}

static bool find_codec(const struct jf_emodel_input *input, struct codec *ret_codec)
{
	if (jf_codec_is_g711(input->codec))
		*ret_codec = (struct codec){.bpl = input->concealed ? 25.1 : 4.3};
	else if (input->codec == JF_CODEC_G722)
		*ret_codec = (struct codec){.ie = 13, .bpl = 4.3, .wideband = true};
	else
		return false;
	return true;
}

bool jf_emodel_rate(const struct jf_emodel_input *input, struct jf_emodel_rating *ret_rating)
{
	double no = noise();
	double ro = 15 - 1.5 * (SLR + no);
	double ms = fmax(input->delay_ms, 0);
	double id = delayed(no, ro, ms);
	struct codec codec;
	double r, loss;

	if (!find_codec(input, &codec))
		return false;
	loss = equipment(&codec, input->loss, input->burst_ratio);
	if (codec.wideband)
		r = R_MAX_WB - WIDEBAND * id - loss;
	else
		r = ro - simultaneous(no, ro, ms) - id - loss;
	*ret_rating = (struct jf_emodel_rating){
	        .r = fmax(r, 0),
	        .mos = jf_emodel_mos(codec.wideband ? r / WIDEBAND : r),
	        .wideband = codec.wideband,
	};
	return true;
}

double jf_emodel_mos(double r)
{
	double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;

	if (r >= 100)
		return 4.5;
	/* the cubic dips below 1 for very small r; annex B has 1 at 0 */
	return r <= 0 || mos < 1 ? 1 : mos;
}

double jf_emodel_delay_ms(double round_trip_ms, double jitter_ms, double packet_ms)
{
	return round_trip_ms / 2 + packet_ms + packet_ms + 2 * jitter_ms;
}

double jf_emodel_burst_ratio(uint64_t expected, uint64_t lost, uint64_t runs)
{
	if (lost == 0 || runs == 0 || lost >= expected)
		return 1;
	return (double)lost / (double)runs * (1 - (double)lost / (double)expected);
}

bool jf_emodel_rate_counts(enum jf_codec codec, const struct jf_emodel_counts *counts,
                           struct jf_emodel_rating *ret_rating)
{
	struct jf_emodel_input input = {
	        .codec = codec,
	        .concealed = true,
	        .delay_ms = jf_emodel_delay_ms(counts->round_trip_ms, counts->jitter_ms, PACKET_MS),
	        .burst_ratio =
	                jf_emodel_burst_ratio(counts->expected, counts->lost, counts->loss_runs),
	};

	if (counts->expected == 0)
		return false;
	input.loss = (double)counts->lost / (double)counts->expected;
	return jf_emodel_rate(&input, ret_rating);
}
