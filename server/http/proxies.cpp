#include "server/http/proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "fhir-model/text/lower.h"
#include "fhir-model/text/trim.h"

namespace varde::http {
namespace {

using Bytes = std::array<unsigned char, 16>;
constexpr unsigned kBitsBeforeIpv4 = 96;

std::optional<Bytes> bytes_of(std::string_view address, bool& is_v4) {
  Bytes out{};
  const std::string text(address);
  is_v4 = ::inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1;
  if (is_v4) {
    out[10] = out[11] = 0xFF;
    return out;
  }
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) != 1) return std::nullopt;
  return out;
}

bool is_within(const Bytes& address, const Bytes& network, unsigned bits) {
  const unsigned whole = bits / 8, rest = bits % 8;
  if (std::memcmp(address.data(), network.data(), whole) != 0) return false;
  return rest == 0 || (address.at(whole) >> (8 - rest)) == (network.at(whole) >> (8 - rest));
}

/// `"[2001:db8::1]:4711"`, `192.0.2.1:4711`: the address alone; empty where none is told (unknown, _hidden).
std::string address_in(std::string_view node) {
  if (node.starts_with('[')) {
    node = node.substr(1, node.find(']') - 1);
  } else if (std::ranges::count(node, ':') == 1) {
    node = node.substr(0, node.find(':'));
  }
  bool is_v4 = false;
  return bytes_of(node, is_v4) ? std::string(node) : std::string();
}

/// Cuts at `by`, but not within quotes.
std::vector<std::string_view> parts_of(std::string_view text, char by) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != by || quoted)) continue;
    out.push_back(fhir::text::trimmed(text.substr(begin, i - begin), " \t"));
    begin = i + 1;
  }
  return out;
}

std::string_view unquoted(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

/// A header may come in several lines, which are one list.
std::string list_of(const Received& received, std::string_view name) {
  std::string out;
  for (const auto& [sent, value] : received.headers)
    if (sent == name) out.append(out.empty() ? "" : ",").append(value);
  return out;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._:[]") == host.npos;
}

}  // namespace

Result<Proxies> Proxies::of(const std::vector<std::string>& networks) {
  Proxies out;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    bool is_v4 = false;
    const auto bytes = bytes_of(std::string_view(text).substr(0, slash), is_v4);
    unsigned bits = is_v4 ? 32 : 128;
    bool good = bytes.has_value();
    if (slash != std::string::npos) {
      const unsigned most = bits;
      const char* const end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, bits);
      good = good && read.ec == std::errc{} && read.ptr == end && bits <= most;
    }
    if (!good)
      return fail(Fault::parameter_malformed,
                  "must be addresses or networks such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32, with spaces between");
    out.networks_.push_back({*bytes, is_v4 ? bits + kBitsBeforeIpv4 : bits});
  }
  return out;
}

bool Proxies::trusts(std::string_view address) const {
  if (networks_.empty()) return false;
  bool is_v4 = false;
  const auto bytes = bytes_of(address, is_v4);
  return bytes && std::ranges::any_of(networks_, [&](const Network& network) {
           return is_within(*bytes, network.bytes, network.bits);
         });
}

/// In the order in which they were passed: the last one was written by who asks us.
std::vector<Proxies::Hop> Proxies::hops(const Received& received) {
  std::vector<Hop> out;
  if (const std::string forwarded = list_of(received, "forwarded"); !forwarded.empty()) {
    for (const std::string_view element : parts_of(forwarded, ',')) {
      Hop& hop = out.emplace_back();
      for (const std::string_view pair : parts_of(element, ';')) {
        const std::string name = fhir::text::lower_ascii(pair.substr(0, pair.find('=')));
        const std::string_view value = unquoted(pair.substr(std::min(pair.size(), name.size() + 1)));
        if (name == "for") hop.from = address_in(value);
        if (name == "proto") hop.proto = fhir::text::lower_ascii(value);
        if (name == "host") hop.host = fhir::text::lower_ascii(value);
      }
    }
    return out;
  }
  const std::string from = list_of(received, "x-forwarded-for"), proto = list_of(received, "x-forwarded-proto"),
                    host = list_of(received, "x-forwarded-host");
  if (from.empty() && proto.empty() && host.empty()) return out;
  const auto all_from = parts_of(from, ','), all_proto = parts_of(proto, ','), all_host = parts_of(host, ',');
  // Most proxies add to the first of them alone, and set the others anew.
  const auto beside = [&](const std::vector<std::string_view>& all, std::size_t i) {
    return fhir::text::lower_ascii(all.size() == all_from.size() ? all[i] : all.back());
  };
  for (std::size_t i = 0; i < all_from.size(); ++i)
    out.push_back({address_in(all_from[i]), beside(all_proto, i), beside(all_host, i)});
  return out;
}

Proxies::Said Proxies::said_of(const Received& received) const {
  Said out;
  const std::vector<Hop> all = hops(received);
  for (auto hop = all.rbegin(); hop != all.rend(); ++hop) {
    out.address = hop->from;
    if ((hop->proto == "https" || hop->proto == "http") && is_host(hop->host))
      out.origin = hop->proto + "://" + hop->host;
    if (!trusts(hop->from)) break;
  }
  return out;
}

}  // namespace varde::http
