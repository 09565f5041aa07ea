#include "server/access/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace varde::access {
namespace {

constexpr std::size_t kLongestAnswer = 256u << 10;
constexpr long kLongestFetch = 5;  // seconds

struct ReleaseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& text = *static_cast<std::string*>(into);
  if (text.size() + size * count > kLongestAnswer) return 0;
  text.append(bytes, size * count);
  return size * count;
}

bool is_of_this_machine(std::string_view address) {
  for (const std::string_view start : {"http://127.0.0.1:", "http://[::1]:", "http://localhost:"})
    if (address.starts_with(start)) return true;
  return false;
}

/// `form`: what is posted; nullptr: it is a GET.
std::optional<std::string> fetched(const std::string& address, const std::string* form) {
  const std::unique_ptr<CURL, ReleaseCurl> curl(curl_easy_init());
  if (!curl) return std::nullopt;
  std::string text;
  const auto set = [&](CURLoption option, auto value) {
    return curl_easy_setopt(curl.get(), option, value) == CURLE_OK;
  };
  bool ready = set(CURLOPT_URL, address.c_str()) &&
               set(CURLOPT_PROTOCOLS_STR, is_of_this_machine(address) ? "http" : "https") &&
               set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_TIMEOUT, kLongestFetch) && set(CURLOPT_NOSIGNAL, 1L) &&
               set(CURLOPT_FAILONERROR, 1L) && set(CURLOPT_WRITEFUNCTION, append) &&
               set(CURLOPT_WRITEDATA, static_cast<void*>(&text));
  if (form)
    ready = ready && set(CURLOPT_POSTFIELDSIZE, static_cast<long>(form->size())) &&
            set(CURLOPT_COPYPOSTFIELDS, form->c_str());
  if (!ready || curl_easy_perform(curl.get()) != CURLE_OK) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> fetch(const std::string& address) { return fetched(address, nullptr); }
std::optional<std::string> post_form(const std::string& address, const std::string& form) {
  return fetched(address, &form);
}

}  // namespace varde::access
