// What finding out who asks costs on one core: an access token seen before, a new one, and a DPoP proof, the latter two
// beside OpenSSL's verification of one P-256 signature alone. Prints "value|unit|floor|target|name" lines.
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/access/authenticator.h"
#include "tests/access/support/tokens.h"

namespace {

using namespace varde;
using Clock = std::chrono::steady_clock;

/// `once` takes the number of the run and says whether it went well; at most `most` runs.
template <class Once>
double per_second(std::size_t most, Once once) {
  std::size_t count = 0;
  const auto start = Clock::now();
  double seconds = 0;
  while (seconds < 0.5 && count < most) {
    for (int i = 0; i < 50 && count < most; ++i, ++count)
      if (!once(count)) throw std::runtime_error("what is measured was refused");
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return static_cast<double>(count) / seconds;
}

double verifications(const std::string& message) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const auto data = reinterpret_cast<const unsigned char*>(message.data());
  const auto context = [] {
    return std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  };
  unsigned char signature[128];
  std::size_t size = sizeof signature;
  const auto signing = context();
  EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key.get());
  EVP_DigestSign(signing.get(), signature, &size, data, message.size());
  return per_second(1'000'000, [&](std::size_t) {
    const auto verifying = context();
    EVP_DigestVerifyInit(verifying.get(), nullptr, EVP_sha256(), nullptr, key.get());
    return EVP_DigestVerify(verifying.get(), signature, size, data, message.size()) == 1;
  });
}

void print(const char* name, double value, double floor, const char* target) {
  std::printf("%f|/s|%f|%s|%s\n", value, floor, target, name);
}

}  // namespace

int main() {
  constexpr std::size_t kMost = 15'000;
  const test::SigningKey issuers, clients(test::SigningKey::Kind::ec256, "c");
  access::Issuer issuer;
  issuer.name = "bench", issuer.issuer = "https://sts.example", issuer.audience = "varde",
  issuer.algorithms = {"ES256"}, issuer.bearer = true, issuer.role_claim = "role";
  const auto keys = std::make_shared<access::KeySource>([&] { return std::optional(test::key_set({&issuers})); },
                                                        access::KeySource::Times{});
  access::SeenProofs seen;
  access::Authenticator logins({{{issuer, keys}}, "https://fhir.example", ""}, seen,
                               [] { return access::Seconds{std::chrono::seconds{1'000'050}}; });

  test::Token token;
  token.more = R"(,"role":"nurse","org":"310999718")";
  const std::string known = "Bearer " + token.by(issuers);
  std::vector<std::string> fresh;
  for (std::size_t i = 0; i < kMost; ++i) {
    token.sub = "person-" + std::to_string(i);
    fresh.push_back("Bearer " + token.by(issuers));
  }
  token.jkt = clients.thumbprint();
  const std::string bound = token.by(issuers);
  const std::string authorization = "DPoP " + bound;
  test::Proof proof;
  proof.iat = 1'000'050;
  std::vector<std::string> proofs;
  for (std::size_t i = 0; i < kMost; ++i) {
    proof.jti = "j" + std::to_string(i);
    proofs.push_back(proof.by(clients, bound));
  }
  const std::string_view path = "/fhir/Patient/p";
  const double floor = verifications(proofs.front());
  print("access token, repeated",
        per_second(10'000'000,
                   [&](std::size_t) {
                     return logins.who({{known}, {}, "GET", path}).has_value();
                   }),
        0, ">= 50000");
  print("access token, new",
        per_second(kMost,
                   [&](std::size_t i) {
                     return logins.who({{fresh[i]}, {}, "GET", path}).has_value();
                   }),
        floor, "");
  print("DPoP proof with a repeated token",
        per_second(kMost,
                   [&](std::size_t i) {
                     return logins.who({{authorization}, {proofs[i]}, "GET", path}).has_value();
                   }),
        floor, ">= 4000");
}
