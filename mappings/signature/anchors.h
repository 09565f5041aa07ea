#pragma once
/// @file mappings/signature/anchors.h
/// Whose certificates a signature may come from: root and intermediate certificates, and the lists of what their
/// issuers have taken back, from PEM text. Nothing is fetched. Source: RFC 5280 §6 (path validation, revocation).
/// Faults: parameter_malformed. A loaded set is immutable; safe from any thread.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

struct x509_st;

namespace varde::mappings::signature {

/// What a certificate is found to be, worst last.
enum class Trust { trusted, untrusted, revoked };

struct CertificateVerdict {
  Trust trust = Trust::untrusted;
  std::string reason;         ///< in English, of one that is not trusted
  bool list_is_late = false;  ///< a revocation list is past its time: it counts for what it names
};

class Anchors {
 public:
  /// PEM with at least one certificate; revocation lists (X509 CRL) may stand between them.
  static Result<Anchors> from_pem(std::string_view pem);
  Anchors(Anchors&&) noexcept;
  Anchors& operator=(Anchors&&) noexcept;
  ~Anchors();

  /// Of `certificate`, by way of `others` that came with it. Time: when it must have been valid.
  CertificateVerdict judge(x509_st* certificate, const std::vector<x509_st*>& others,
                           std::chrono::system_clock::time_point at) const;

 private:
  struct Impl;
  explicit Anchors(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::mappings::signature
