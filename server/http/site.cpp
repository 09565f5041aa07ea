#include "server/http/site.h"

#include <arpa/inet.h>

#include <algorithm>

#include "fhir-model/text/lower.h"

namespace varde::http {
namespace {

/// "[::1]:8080" and "example.no:8080" without the port.
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

/// Rebinding works by a name; who knows our address has not been led here by one.
bool is_address(std::string_view host) {
  in6_addr address;
  if (host.starts_with('[') && host.ends_with(']'))
    return ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
  return ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return fhir::text::lower_ascii(url.substr(0, url.find('/', scheme + 3)));
}

std::string_view authority_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

/// The absolute form of a request's target names the host before the header does (RFC 9112 3.2.2).
std::string_view target_authority(std::string_view target) {
  if (target.starts_with('/')) return {};
  const std::string_view rest = authority_of(target);
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool reads_only(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

Site::Site(std::vector<std::string> names, std::string_view base) : names_(std::move(names)), origin_(origin_of(base)) {
  for (std::string& name : names_) name = fhir::text::lower_ascii(name);
  names_.emplace_back(without_port(authority_of(origin_)));
}

bool Site::is_https_elsewhere() const {
  if (!origin_.starts_with("https://")) return false;
  const std::string_view host = without_port(authority_of(origin_));
  return host != "localhost" && !host.ends_with(".localhost") && !is_address(host);
}

bool Site::is_ours(std::string_view host) const {
  if (host == "localhost" || host.ends_with(".localhost") || is_address(host)) return true;
  return std::ranges::any_of(names_, [&](const std::string& name) { return name == "*" || name == host; });
}

Result<void> Site::admits(const Received& request, bool from_friend) const {
  const std::string host = fhir::text::lower_ascii(request.header("host"));
  for (const std::string_view named : {std::string_view(host), target_authority(request.target)})
    if (!named.empty() && !is_ours(fhir::text::lower_ascii(without_port(named))))
      return fail(
          Fault::misdirected,
          "This server does not answer under that host name. Names that are its own stand in the setting hosts.");
  if (reads_only(request.method) || from_friend) return {};
  const std::string_view fetched_from = request.header("sec-fetch-site");
  const std::string origin = fhir::text::lower_ascii(request.header("origin"));
  const bool own = origin == origin_ || (!host.empty() && authority_of(origin) == host);
  const bool foreign = !origin.empty() ? !own : fetched_from == "cross-site" || fetched_from == "same-site";
  if (foreign || (fetched_from == "cross-site" && !own))
    return fail(Fault::forbidden, "A page of another site may not change anything here.");
  return {};
}

}  // namespace varde::http
