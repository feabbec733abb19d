// SPDX-License-Identifier: Apache-2.0
#include "policy/sensitive.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/text.h"
#include "policy/dfa.h"
#include "policy/nfa.h"

namespace vfswatchd {
namespace {

/// Each byte of a pattern takes a state or two of the kernel's automaton; but behind a wildcard in
/// a directory's name it looks for all other patterns as well, which takes a thousand.
constexpr auto kSensitiveFiles = std::to_array<SensitiveFiles>({
    // Password hashes.
    {"etc/shadow*", "password hashes"},
    {"etc/gshadow*", "password hashes of groups"},
    {"etc/tcb", "password hashes"},
    {"etc/security/opasswd*", "hashes of old passwords"},
    {"var/backups/shadow*", "password hashes"},
    {"var/backups/gshadow*", "password hashes of groups"},
    {"var/lib/extrausers/shadow*", "password hashes"},
    {"var/lib/extrausers/gshadow*", "password hashes of groups"},
    {"var/lib/sss/db", "cached password hashes"},
    {"boot/grub/user.cfg", "the boot loader's password hash"},
    {"boot/grub2/user.cfg", "the boot loader's password hash"},
    {"smbpasswd", "password hashes"},
    {".htpasswd*", "password hashes"},
    // Private keys.
    {"etc/ssl/private", "private keys"},
    {"etc/pki/tls/private", "private keys"},
    {"etc/pki/CA/private", "private keys"},
    {"etc/letsencrypt", "private keys"},
    {"etc/dropbear", "private keys"},
    {"etc/keys", "keys of disks"},
    {"cryptsetup-keys.d", "keys of disks"},
    {"crypto_keyfile.bin", "keys of disks"},
    {"var/lib/sbctl", "private keys"},
    {".ssh", "private keys"},
    {".acme.sh", "private keys"},
    {"acme.json", "private keys"},
    {".pki", "private keys"},
    {"key3.db", "private keys"},
    {"key4.db", "private keys"},
    {"id_rsa*", "private keys"},
    {"id_ed25519*", "private keys"},
    {"id_ecdsa*", "private keys"},
    {"id_dsa*", "private keys"},
    {"*_key", "private keys, those of the ssh daemon among them"},
    {"*.key", "private keys"},
    {"*.pem", "private keys"},
    {"*.p8", "private keys"},
    {"*.p12", "private keys"},
    {"*.pfx", "private keys"},
    {"*.pkcs12", "private keys"},
    {"*.jks", "private keys"},
    {"*.jceks", "private keys"},
    {"*.ppk", "private keys"},
    {"*.priv", "private keys"},
    {"*.private", "private keys"},
    {"*.keystore", "private keys"},
    {"/dev/tpm*", "keys that the TPM keeps"},
    // Keyrings, and what keeps passwords.
    {".gnupg", "keyrings"},
    {"secring.gpg", "keyrings"},
    {".local/share/keyrings", "keyrings"},
    {".local/share/kwalletd", "keyrings"},
    {"/run/user", "keyrings, tickets and tokens of sessions"},
    {"proc/keys", "the kernel's keyrings"},
    {"*.kdb", "passwords"},
    {"*.kdbx", "passwords"},
    {".password-store", "passwords"},
    {".config/Bitwarden", "passwords"},
    {".config/1Password", "passwords"},
    {"*.keytab", "Kerberos keys"},
    {"krb5kdc", "Kerberos keys"},
    {"krb5cc*", "Kerberos tickets"},
    {"wallet.dat", "wallets"},
    {".bitcoin", "wallets"},
    {".electrum", "wallets"},
    {".ethereum", "wallets"},
    // Credentials of clusters and clouds.
    {".aws", "credentials"},
    {".azure", "credentials"},
    {".boto", "credentials"},
    {".s3cfg", "credentials"},
    {".config/gcloud", "credentials"},
    {".config/rclone", "credentials"},
    {".config/sops", "credentials"},
    {".terraform.d", "credentials"},
    {".terraformrc", "credentials"},
    {"*.tfstate", "credentials"},
    {".kube", "credentials"},
    {"kubeconfig", "credentials"},
    {"*.kubeconfig", "credentials"},
    {"etc/kubernetes", "credentials of a cluster"},
    {"etc/rancher", "credentials of a cluster"},
    {"var/lib/rancher", "credentials of a cluster"},
    {"var/lib/etcd", "a cluster's secrets"},
    {"var/lib/kubelet/pki", "credentials of a cluster"},
    {"kubernetes.io~secret", "a cluster's secrets"},
    {"kubernetes.io~projected", "a cluster's tokens"},
    {"var/lib/docker/swarm", "a cluster's secrets"},
    {".docker/config.json", "credentials"},
    {".dockercfg", "credentials"},
    {"auth.json", "credentials"},
    {"client_secret*", "credentials"},
    {"credentials.json", "credentials"},
    {"credentials.xml", "credentials"},
    {"instance-data-sensitive.json", "credentials"},
    // Credentials of services and people.
    {"credstore", "credentials of services"},
    {"credstore.encrypted", "credentials of services"},
    {"run/credentials", "credentials of services"},
    {"run/secrets", "secrets of containers"},
    {"var/lib/systemd/credential.secret", "the key of credentials"},
    {"var/lib/samba/private", "credentials"},
    {"var/lib/sss/secrets", "credentials"},
    {"var/lib/jenkins/secrets", "credentials"},
    {"etc/sssd", "credentials"},
    {"etc/nslcd.conf", "credentials"},
    {"*ldap.secret", "credentials"},
    {"etc/mysql/debian.cnf", "credentials"},
    {"etc/apt/auth.conf", "credentials"},
    {"etc/apt/auth.conf.d", "credentials"},
    {"sasl_passwd*", "credentials"},
    {"passwd.client", "credentials"},
    {".netrc", "credentials"},
    {".authinfo*", "credentials"},
    {".pgpass", "credentials"},
    {".my.cnf", "credentials"},
    {".mylogin.cnf", "credentials"},
    {".git-credentials", "credentials"},
    {"git/credentials", "credentials"},
    {".config/gh", "credentials"},
    {".config/hub", "credentials"},
    {".npmrc", "credentials"},
    {".pypirc", "credentials"},
    {".gem/credentials", "credentials"},
    {".cargo/credentials*", "credentials"},
    {".m2/settings*", "credentials"},
    {".gradle/gradle.properties", "credentials"},
    {".vault-token", "credentials"},
    {".vault_pass*", "credentials"},
    {".smbcredentials", "credentials"},
    {".msmtprc", "credentials"},
    {".fetchmailrc", "credentials"},
    {".erlang.cookie", "credentials"},
    {".Xauthority", "credentials"},
    {".ICEauthority", "credentials"},
    {"*.env", "credentials"},
    {".env.*", "credentials"},
    {"*secrets.json", "credentials"},
    {"*secrets.yml", "credentials"},
    {"*secrets.yaml", "credentials"},
    {"*-secrets", "credentials, those of ppp among them"},
    // Credentials of networks.
    {"etc/wireguard", "keys of networks"},
    {"*.netdev", "keys of networks"},
    {"etc/openvpn", "keys of networks"},
    {"*.ovpn", "keys of networks"},
    {"ipsec.secrets", "keys of networks"},
    {"etc/ipsec.d", "keys of networks"},
    {"etc/swanctl", "keys of networks"},
    {"NetworkManager/system-connections", "passwords of networks"},
    {"etc/netplan", "passwords of networks"},
    {"etc/wpa_supplicant", "passwords of networks"},
    {"wpa_supplicant.conf", "passwords of networks"},
    {"etc/hostapd", "passwords of networks"},
    {"var/lib/iwd", "passwords of networks"},
    {"var/lib/connman", "passwords of networks"},
    {"var/lib/bluetooth", "keys of devices"},
    // Environments and memory.
    {"proc/*/environ", "environments of processes"},
    {"proc/*/task/*/environ", "environments of processes"},
    {"proc/*/mem", "memory of processes"},
    {"proc/*/task/*/mem", "memory of processes"},
    {"proc/kcore", "memory"},
    {"proc/vmcore", "memory"},
    {"/dev/mem", "memory"},
    {"/dev/kmem", "memory"},
    {"/dev/port", "memory"},
    {"var/lib/systemd/coredump", "memory of processes"},
    {"var/lib/apport/coredump", "memory of processes"},
    {"var/crash", "memory of processes"},
    {"swapfile", "memory of processes"},
    {"swap.img", "memory of processes"},
    // Disks, with every file on them.
    {"/dev/sd*", "whole disks"},
    {"/dev/hd*", "whole disks"},
    {"/dev/vd*", "whole disks"},
    {"/dev/xvd*", "whole disks"},
    {"/dev/nvme*", "whole disks"},
    {"/dev/mmcblk*", "whole disks"},
    {"/dev/md*", "whole disks"},
    {"/dev/dm-*", "whole disks"},
    {"/dev/mapper", "whole disks"},
    {"/dev/loop*", "whole disks"},
    {"/dev/nbd*", "whole disks"},
    {"/dev/zd*", "whole disks"},
    {"/dev/zram*", "whole disks"},
    // What people type, see, say and write.
    {"/dev/tty*", "what people type"},
    {"/dev/pts", "what people type"},
    {"/dev/ptmx", "what people type"},
    {"/dev/console", "what people type"},
    {"/dev/hvc*", "what people type"},
    {"/dev/input", "what people type"},
    {"/dev/hidraw*", "what people type"},
    {"/dev/uinput", "what people type"},
    {"/dev/uhid", "what people type"},
    {"/dev/usbmon*", "what people type"},
    {"/dev/bus/usb", "what people type"},
    {"/dev/vcs*", "what people see"},
    {"/dev/fb*", "what people see"},
    {"/dev/snd", "what people say"},
    {"/dev/video*", "what people show"},
    {"/dev/net", "what networks carry"},
    {"/dev/fuse", "files of other file systems"},
    {"var/mail", "mail"},
    {"var/spool/mail", "mail"},
    {"Maildir", "mail"},
    {".*_history", "commands that people typed"},
    {"fish_history", "commands that people typed"},
    {".histfile", "commands that people typed"},
    {".zhistory", "commands that people typed"},
    {".lesshst", "commands that people typed"},
    {".viminfo", "commands that people typed"},
    // Random numbers.
    {"/dev/random", "random numbers"},
    {"/dev/urandom", "random numbers"},
    {"/dev/hwrng", "random numbers"},
    {"var/lib/systemd/random-seed", "random numbers"},
    // Browsers.
    {".mozilla", "cookies and passwords"},
    {".thunderbird", "mail and passwords"},
    {".config/chromium", "cookies and passwords"},
    {".config/google-chrome*", "cookies and passwords"},
    {".config/microsoft-edge*", "cookies and passwords"},
    {".config/BraveSoftware", "cookies and passwords"},
    {".config/vivaldi*", "cookies and passwords"},
    {".config/opera*", "cookies and passwords"},
    {".var/app", "what sandboxed programs keep, browsers among them"},
});

/// Of one row: as many as its pattern has bytes, or a few times that.
constexpr std::size_t kMaxRowStates = 1024;

/// The list's rows, each as an automaton of its own, so that a match says which it is.
class SensitiveRows {
  public:
    SensitiveRows() {
        for (const SensitiveFiles& files : kSensitiveFiles) {
            PathNfa nfa;
            nfa.add(parse_sensitive(files.pattern), 1, 0);
            nfa.finish();
            automata_.push_back(determinize(nfa, {1, 0}, kMaxRowStates).value());
        }
    }

    /// nullptr: the path is in none.
    [[nodiscard]] const SensitiveFiles* find(std::string_view path) const {
        for (std::size_t row = 0; row < automata_.size(); row++)
            if (takes(automata_[row], path)) return &kSensitiveFiles.at(row);
        return nullptr;
    }

  private:
    static bool takes(const PathDfa& automaton, std::string_view path) {
        std::uint32_t state = automaton.start;
        for (const char c : path) {
            const std::size_t byte_class = automaton.class_of.at(static_cast<unsigned char>(c));
            state = automaton.next[state * automaton.classes + byte_class];
        }
        return automaton.targets[state] != 0;
    }

    std::vector<PathDfa> automata_;
};

/// The pattern as if it were a path: wildcards stand for themselves, and what matches at any depth
/// is at the root.
std::string as_path(std::string_view pattern) {
    std::string path;
    for (const GlobStep& step : parse_glob(pattern)) {
        switch (step.kind) {
            case GlobKind::kByte:
                path += static_cast<char>(step.byte);
                break;
            case GlobKind::kCharacter:
                path += '?';
                break;
            case GlobKind::kSegmentRun:
                path += '*';
                break;
            case GlobKind::kRun:
                path += "**";
                break;
            case GlobKind::kAnyDepth:
                path += path.empty() ? "/" : "**/";
                break;
            case GlobKind::kSlices:
            case GlobKind::kBelow:
                break;
        }
    }
    return path;
}

std::string refusal(const PathPattern& pattern, const SensitiveFiles& files) {
    return "include: " + with_quotes(pattern.text) + " is sensitive (" + std::string(files.what) +
           "): nothing of it is copied unless the target says `allow_sensitive: true`; leave it "
           "out of include, or out of a target with snippets";
}

}  // namespace

std::span<const SensitiveFiles> sensitive_files() {
    return kSensitiveFiles;
}

std::vector<GlobStep> parse_sensitive(std::string_view pattern) {
    std::vector<GlobStep> steps = parse_glob(pattern);
    // Of a run of any bytes nothing more has to be known: that takes fewer states.
    if (steps.back().kind == GlobKind::kSegmentRun)
        steps.back().kind = GlobKind::kRun;
    else if (steps.back().kind != GlobKind::kBelow)
        steps.push_back({GlobKind::kBelow, 0});
    return steps;
}

bool spares_sensitive(const TargetConfig& target) {
    return target.snippets && !target.snippets->allow_sensitive;
}

std::vector<SensitiveInclude> sensitive_includes(const Config& config) {
    if (std::none_of(config.targets.begin(), config.targets.end(), spares_sensitive)) return {};
    const SensitiveRows rows;
    std::vector<SensitiveInclude> includes;
    for (const TargetConfig& target : config.targets) {
        if (!spares_sensitive(target)) continue;
        for (const PathPattern& pattern : target.include)
            if (const SensitiveFiles* files = rows.find(as_path(pattern.text)))
                includes.push_back({&target, &pattern, files});
    }
    return includes;
}

std::vector<ConfigFault> sensitive_faults(const Config& config) {
    std::vector<ConfigFault> faults;
    const std::vector<SensitiveInclude> includes = sensitive_includes(config);
    for (const SensitiveInclude& include : includes) {
        const auto of_target = std::count_if(
            includes.begin(), includes.end(),
            [&](const SensitiveInclude& other) { return other.target == include.target; });
        if (static_cast<std::size_t>(of_target) == include.target->include.size())
            faults.push_back({include.pattern->place, refusal(*include.pattern, *include.files)});
    }
    return faults;
}

}  // namespace vfswatchd
