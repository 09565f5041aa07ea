#include "server/interaction/dispatcher.h"

#include <utility>

#include "server/access/rules.h"
#include "server/interaction/reach.h"

namespace varde::interaction {

namespace {

Deed deed_of(const Request& request, std::string_view plain = {}) {
  Deed deed{request.method + " "};
  deed.interaction += plain;
  for (const std::string& segment : request.path)
    if (plain.empty()) deed.interaction += (deed.interaction.back() == ' ' ? "" : "/") + segment;
  for (const auto& [name, value] : request.query)
    deed.query.append(deed.query.empty() ? "" : "&").append(name).append("=").append(value);
  deed.reads = request.method == "GET" || request.method == "HEAD" ||
               (request.method == "POST" && !request.path.empty() && request.path.back() == "_search");
  deed.circumstances = request.circumstances;
  return deed;
}

}  // namespace

Repository Dispatcher::repository_of(const Request& request) const {
  Repository out = repository_.as(request.principal);
  const bool told = context_.auditor && !request.principal->is_unrestricted();
  return told ? out.told_to(*context_.auditor, deed_of(request)) : out;
}

Result<void> Dispatcher::admit(const Request& request, std::string_view pattern) const {
  auto admitted = access::admit(*request.principal, {request.method, pattern, request.type, request.id});
  if (!context_.auditor || request.principal->is_unrestricted()) return admitted;
  if (!request.principal->grant && admitted) return admitted;  // nobody, where nobody needs to be known
  const std::string_view plain = pattern.starts_with('/') ? pattern : std::string_view();
  const storage::Instant now = repository_.now();
  if (!admitted)
    context_.auditor->refused(*request.principal, deed_of(request, plain), row_of(admitted.error().fault).http_status,
                              now);
  else if (!plain.empty())
    context_.auditor->seen(*request.principal, deed_of(request, plain), {}, now);
  return admitted;
}

Result<const Route*> Dispatcher::route(Request& request, std::string& allowed) const {
  auto found = routes_.find(request, allowed);
  FHIR_TRY(found);
  FHIR_TRY(admit(request, (*found)->pattern));
  return found;
}

Result<Response> Dispatcher::run(const Route& route, const Request& request) const {
  const Repository repository = repository_of(request);
  struct Run {
    const Request& request;
    const Repository& repository;
    const Dispatcher& dispatcher;

    Result<Response> operator()(const Reader& read) const {
      return repository.read([&](const View& view) { return read(request, view, dispatcher.context_); },
                             *request.budget, moment_of(request));
    }
    Result<Response> operator()(const Writer& prepare) const {
      bool again = false;
      return again_where_contended([&]() -> Result<Response> {
        auto work =
            within_budget([&] { return prepare(request, dispatcher.context_, Reads(repository, *request.budget)); });
        FHIR_TRY(work);
        auto reach = std::exchange(again, true) ? storage::Reach{} : work->reach;
        return repository.write([&](Act& act) { return (*work)(act); }, std::move(reach));
      });
    }
    Result<Response> operator()(const Many& many) const { return many(request, dispatcher); }
  };
  return std::visit(Run{request, repository, *this}, route.handler);
}

Result<Response> Dispatcher::answer(Request& request, std::string& allowed) const {
  return route(request, allowed).and_then([&](const Route* found) { return run(*found, request); });
}

}  // namespace varde::interaction
