#pragma once
/// @file server/messaging/same_content.h
/// Whether two messages under one MsgId are one: the same but for white space, encoding, the order of attributes and
/// a signature made anew. A copy to another of our services is (HITS 1168:2016 §5.4); another letter is not.
/// Pure; any thread. Reads both: only for what is known to be different bytes.
#include <string_view>

namespace varde::messaging {

bool is_same_content(std::string_view one, std::string_view other);

}  // namespace varde::messaging
