#include "adapters/epj/vkp.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace varde::adapters {
namespace {

constexpr long kLongest = 30;  // seconds
constexpr std::size_t kLongestHeader = 200;
constexpr std::array kLater{401L, 403L, 404L, 408L, 425L, 429L};
constexpr long kKnown = 409;  ///< it has the document already

struct ReleaseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ReleaseList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, ReleaseCurl>;
using Headers = std::unique_ptr<curl_slist, ReleaseList>;

std::size_t forget(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::size_t keep_location(char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view kLocation = "location:";
  const std::string_view line(bytes, size * count);
  const bool is_location =
      line.size() > kLocation.size() &&
      std::equal(kLocation.begin(), kLocation.end(), line.begin(), [](char a, char b) { return a == (b | 0x20); });
  if (is_location) {
    auto value = line.substr(kLocation.size(), kLongestHeader);
    while (!value.empty() && static_cast<unsigned char>(value.front()) <= ' ') value.remove_prefix(1);
    while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
    *static_cast<std::string*>(into) = value;
  }
  return size * count;
}

bool is_of_this_machine(std::string_view address) {
  for (const std::string_view start : {"http://127.0.0.1:", "http://[::1]:", "http://localhost:"})
    if (address.starts_with(start)) return true;
  return false;
}

Headers headers_of(const Outgoing& message) {
  curl_slist* list = nullptr;
  for (const std::string& header :
       {std::string("Content-Type: application/fhir+json"), std::string("ServiceCodes: dho"),
        fmt::format("X-Request-Id: {}", message.message_id), std::string("Expect:")})
    if (auto* longer = curl_slist_append(list, header.c_str())) list = longer;
  return Headers(list);
}

}  // namespace

Result<TransportReceipt> VkpSender::send(const Outgoing& message) {
  const Curl curl(curl_easy_init());
  const auto headers = headers_of(message);
  if (!curl || !headers) return fail(Fault::busy, "no memory for the connection");
  std::string location;
  const auto set = [&](CURLoption option, auto value) {
    return curl_easy_setopt(curl.get(), option, value) == CURLE_OK;
  };
  const bool ready = set(CURLOPT_URL, address_.c_str()) &&
                     set(CURLOPT_PROTOCOLS_STR, is_of_this_machine(address_) ? "http" : "https") &&
                     set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_TIMEOUT, kLongest) && set(CURLOPT_NOSIGNAL, 1L) &&
                     set(CURLOPT_HTTPHEADER, headers.get()) && set(CURLOPT_WRITEFUNCTION, forget) &&
                     set(CURLOPT_HEADERFUNCTION, keep_location) &&
                     set(CURLOPT_HEADERDATA, static_cast<void*>(&location)) &&
                     set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.bytes.size())) &&
                     set(CURLOPT_POSTFIELDS, message.bytes.data());
  if (!ready) return fail(Fault::busy, "the connection cannot be prepared");
  const auto done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return fail(Fault::busy, fmt::format("the journal system: {}", curl_easy_strerror(done)));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if ((status >= 200 && status < 300) || status == kKnown)
    return TransportReceipt{location.empty() ? fmt::format("HTTP {}", status)
                                             : fmt::format("HTTP {} {}", status, location)};
  const bool later = status >= 500 || status < 400 || std::ranges::find(kLater, status) != kLater.end();
  return fail(later ? Fault::busy : Fault::not_supported, fmt::format("the journal system answered HTTP {}", status));
}

}  // namespace varde::adapters
