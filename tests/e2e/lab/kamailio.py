# SPDX-License-Identifier: BSD-3-Clause
"""Kamailio as a carrier's registrar and proxy: digest for everybody, our calls go to a gateway."""
import subprocess

# What every configuration begins with.
HEAD = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:{ip}:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
"""

CONFIG = HEAD + """loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)

request_route {{
    if (is_method("OPTIONS") && $rU == $null) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            www_challenge("{realm}", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        # We have to prove ourselves in the dialog too. ACK can't be asked: it repeats what its
        # INVITE proved (RFC 3261 22.1), or gets no further.
        if ($si == "10.77.0.1" && is_method("ACK") && !is_present_hf("Proxy-Authorization")) exit;
        if ($si == "10.77.0.1" && is_method("INVITE|BYE|UPDATE|INFO")) {{
            if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
                proxy_challenge("{realm}", "1");
                exit;
            }}
            consume_credentials();
        }}
        if (loose_route()) t_relay();
        else if (is_method("ACK") && t_check_trans()) t_relay();
        exit;
    }}
    if (!is_method("INVITE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    record_route();
    if ($si == "10.77.0.1") {{
        if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
            proxy_challenge("{realm}", "1");
            exit;
        }}
        consume_credentials();
        $du = "sip:{gateway}";
    }} else if (!lookup("location")) {{
        sl_send_reply("404", "Not Found");
        exit;
    }}
    t_relay();
}}
"""


# In front of us: phones register through it, and it puts itself in the Path.
EDGE = HEAD + """loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "path.so"

request_route {{
    if (is_method("REGISTER")) {{
        if (!add_path()) sl_send_reply("503", "No Path");
        $du = "sip:10.77.0.1:5060";
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    # Nothing of ours gets through that doesn't name the way.
    if (!is_present_hf("Route")) {{
        sl_send_reply("404", "No Route");
        exit;
    }}
    loose_route();
    if (is_method("INVITE")) record_route();
    t_relay();
}}
"""

# A carrier on TCP that takes what is offered (RFC 5923): it calls over the connection that it has.
REUSING = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
tcp_accept_aliases=yes
listen=udp:{ip}:{port}
listen=tcp:{ip}:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"

request_route {{
    if (is_method("OPTIONS") && $si == "10.77.0.1") {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) t_relay();
        exit;
    }}
    record_route();
    $du = "sip:10.77.0.1:5060;transport=tcp";
    t_relay();
}}
"""


class Kamailio:
    def __init__(self, lab, ip="10.77.0.20", port=5070, gateway="10.77.0.21:5080",
                 realm="carrier.example", password="secret", config=CONFIG):
        self.lab = lab
        path = lab.path("kamailio.cfg")
        with open(path, "w") as f:
            f.write(config.format(ip=ip, port=port, gateway=gateway, realm=realm,
                                  password=password))
        self.out = open(lab.path("kamailio.out"), "a")
        self.process = lab.owns(subprocess.Popen(
            lab.net.command(lab.net.phones, "kamailio", "-DD", "-E", "-f", path, "-Y", lab.folder,
                            "-P", lab.path("kamailio.pid"), "-m", "32", "-M", "4"),
            stdout=self.out, stderr=subprocess.STDOUT, cwd=lab.folder))

    def kill(self):
        self.process.terminate()
        self.process.wait(10)
