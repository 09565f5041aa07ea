#include "server/access/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "fhir-model/text/lower.h"
#include "fhir-model/text/trim.h"

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

std::size_t take_nonce(char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view kName = "dpop-nonce:";
  constexpr std::size_t kLongestNonce = 1024;
  const std::string_view line(bytes, size * count);
  if (line.size() > kName.size() && fhir::text::lower_ascii(line.substr(0, kName.size())) == kName &&
      line.size() < kLongestNonce)
    *static_cast<std::string*>(into) = fhir::text::trimmed(line.substr(kName.size()));
  return size * count;
}

struct ReleaseHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One transfer, with what all of them are held to.
class Transfer {
 public:
  explicit Transfer(const std::string& address) : curl_(curl_easy_init()) {
    set(CURLOPT_URL, address.c_str());
    set(CURLOPT_PROTOCOLS_STR, is_of_this_machine(address) ? "http" : "https");
    set(CURLOPT_FOLLOWLOCATION, 0L), set(CURLOPT_TIMEOUT, kLongestFetch), set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_WRITEFUNCTION, append), set(CURLOPT_WRITEDATA, static_cast<void*>(&out_.body));
  }
  template <class Value>
  void set(CURLoption option, Value value) {
    ready_ = ready_ && curl_ && curl_easy_setopt(curl_.get(), option, value) == CURLE_OK;
  }
  void post(const std::string& form, const std::string& proof) {
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(form.size())), set(CURLOPT_COPYPOSTFIELDS, form.c_str());
    set(CURLOPT_HEADERFUNCTION, take_nonce), set(CURLOPT_HEADERDATA, static_cast<void*>(&out_.nonce));
    if (proof.empty()) return;
    headers_.reset(curl_slist_append(nullptr, ("DPoP: " + proof).c_str()));
    set(CURLOPT_HTTPHEADER, headers_.get());
  }
  std::optional<Posted> perform() {
    if (!ready_ || curl_easy_perform(curl_.get()) != CURLE_OK) return std::nullopt;
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    out_.status = static_cast<int>(status);
    return std::move(out_);
  }

 private:
  std::unique_ptr<CURL, ReleaseCurl> curl_;
  std::unique_ptr<curl_slist, ReleaseHeaders> headers_;
  Posted out_;
  bool ready_ = true;
};

}  // namespace

std::optional<std::string> fetch(const std::string& address) {
  auto got = Transfer(address).perform();
  if (!got || got->status != 200) return std::nullopt;
  return std::move(got->body);
}

std::optional<Posted> post_form(const std::string& address, const std::string& form, const std::string& proof) {
  Transfer transfer(address);
  transfer.post(form, proof);
  return transfer.perform();
}

}  // namespace varde::access
