#pragma once
/// @file mappings/msghead/signature.h
/// The personal signature on a message (XMLDSIG). It is not verified here; only what cannot be a signature is told from
/// what may be one.
/// Sources: HIS 80415:2012 §3.3.4 (S01), https://www.w3.org/TR/xmldsig-core1/
#include <string_view>

#include "mappings/reader/xml_node.h"

namespace varde::mappings::msghead {

inline constexpr std::string_view kSignatureNamespace = "http://www.w3.org/2000/09/xmldsig#";

const XmlNode* find_signature(const XmlNode& document);  ///< nullptr when there is none
/// Digests have their algorithm's length, the signature a key's, and certificates can be read.
bool may_be_a_signature(const XmlNode& signature);

}  // namespace varde::mappings::msghead
