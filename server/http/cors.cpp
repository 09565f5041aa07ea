#include "server/http/cors.h"

#include <algorithm>

namespace varde::http {
namespace {

constexpr std::string_view kTaken =
    "Accept, Authorization, Content-Type, DPoP, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, "
    "If-Unmodified-Since, Prefer, X-Attestation, X-Security-Context";
constexpr std::string_view kShown = "Content-Location, ETag, Last-Modified, Location, Retry-After, WWW-Authenticate";
constexpr std::string_view kSeconds = "3600";  // that a browser may remember the answer

}  // namespace

bool Cors::allows(std::string_view origin) const { return std::ranges::find(origins_, origin) != origins_.end(); }

void Cors::open(const Received& request, interaction::Response& response) const {
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (!allows(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", kShown);
}

bool Cors::is_preflight(const Received& request) {
  return request.method == "OPTIONS" && !request.header("origin").empty() &&
         !request.header("access-control-request-method").empty();
}

interaction::Response Cors::preflight(const Received& request, std::string_view allowed) const {
  interaction::Response out;
  out.status = 204;
  if (!allows(request.header("origin"))) return out;
  out.headers.emplace_back("Access-Control-Allow-Methods", allowed);
  out.headers.emplace_back("Access-Control-Allow-Headers", kTaken);
  out.headers.emplace_back("Access-Control-Max-Age", kSeconds);
  return out;
}

}  // namespace varde::http
