#pragma once
/// @file mappings/signature/verify.h
/// The XML signature of a MsgHead, checked: that it is over the whole message and nothing else, that it fits, and whose
/// it is. Sources: HIS 80601:2006 (MsgHead/Signature), https://www.w3.org/TR/xmldsig-core1/, HIS 80415:2012 §3.3.4
/// (S01, S02, S03). One reference to the whole document (URI="") with the enveloped-signature transform is all that is
/// taken, so that what was signed is what is read; SHA-1 is not. Never throws on input; any thread.
#include <chrono>
#include <string>
#include <string_view>

#include "mappings/signature/anchors.h"

namespace varde::mappings::signature {

struct Verdict {
  std::string error;          ///< code of list 8221: S01, S02 or S03; empty: the signature holds
  std::string words;          ///< of the error, in Norwegian
  std::string reason;         ///< the same in English, and more closely
  std::string signer;         ///< whom the certificate names: "Eksempel sykehus HF (983974678)"
  bool list_is_late = false;  ///< see CertificateVerdict
  bool holds() const { return error.empty(); }
};

/// Of a message that was read and found signed (Message::is_signed).
Verdict verify(std::string_view xml, const Anchors& anchors, std::chrono::system_clock::time_point at);

}  // namespace varde::mappings::signature
