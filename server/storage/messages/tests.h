#pragma once
/// @file server/storage/messages/tests.h
/// Messages that their sender calls a test have a space of MsgIds of their own: such a row names itself as its
/// original, so it is the first of no other.
#include "server/storage/messages.h"

namespace varde::storage::inbox {

/// As identify, of a test: a duplicate of the test before it that was taken, and of nothing else.
std::optional<InboxRow> identify_test(Transaction&, std::int64_t id, std::string_view sender_her,
                                      std::string_view msg_id, std::string_view type);
/// It names itself as its original: a test, or one whose MsgId was let go of.
inline bool is_first_of_none(const InboxRow& row) { return row.original == row.id; }
/// Another one came before it under its MsgId.
inline bool follows_another(const InboxRow& row) { return row.original != 0 && !is_first_of_none(row); }

}  // namespace varde::storage::inbox
