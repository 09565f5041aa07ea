#pragma once
/// @file server/interaction/page_link.h
/// The links between the pages of a search: what was asked, where the page ended, and the moment that all pages show,
/// sealed (search/cursor.h), so that a link holds nothing to read and cannot be made.
/// Source: https://hl7.org/fhir/R4/http.html#paging
/// Faults: parameter_malformed (not a link of this server's, of another type, of an older version; a form that does not
/// belong to it).
#include <optional>
#include <string>

#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/search/compartment.h"
#include "server/search/find.h"

namespace varde::interaction {

/// A page of a search.
struct Place {
  std::optional<search::Mark> mark;  ///< none: the first
  search::Direction direction = search::Direction::forward;
  std::size_t included_from = 0;  ///< the matches were sent, and so many of what they name
  std::size_t sent = 0;           ///< matches on the pages before; backward: up to this page's end
};

struct Asked {
  search::Compartment compartment;
  Parameters parameters;
  search::Handling handling = search::Handling::strict;
  Place place;
  bool is_link = false;
  /// Of a link: when what it shows was current, and how many matches there were, where that is known.
  std::optional<storage::Instant> moment;
  std::optional<std::size_t> total;
};

/// What a request asks for, by itself or by the link that it is.
Result<Asked> ask(const Request& request, const search::Compartment& compartment, const Context& context);

/// Stands in place of the parameters where they are too long for a link: the form is sent again with it.
Parameters digest_of(const Parameters& parameters);
bool is_digest(const Parameters& parameters);
/// The form that came with such a link. Faults: parameter_malformed where it is another.
Result<Parameters> form_of(const Request& request, const Parameters& digest);
/// What a page says beside such a link.
inline constexpr std::string_view kGoesOnByForm =
    "This search is too long for a link. The next page is asked for by POST to the next link, with the same form.";

struct PageLink {
  std::string url;         ///< empty: none
  bool with_form = false;  ///< it goes on only with the form that the search came by
};
/// `used`: the parameters that it repeats. A search that came by POST may be longer than a URL can carry.
PageLink link_to(const Request& request, const Asked& asked, const Parameters& used, const Place& place,
                 const Context& context);
/// A search that came by POST may hold an identity number, and URLs are logged: its own link is sealed too.
std::string self_link(const Request& request, const Asked& asked, const Parameters& used, const Context& context);

}  // namespace varde::interaction
