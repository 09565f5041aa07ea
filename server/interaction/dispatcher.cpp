#include "server/interaction/dispatcher.h"

#include <utility>

#include "server/access/rules.h"
#include "server/interaction/reach.h"

namespace varde::interaction {

namespace {

AuditableEvent event_of(const Request& request, std::string_view plain = {}) {
  AuditableEvent audited{request.method + " "};
  audited.interaction += plain;
  for (const std::string& segment : request.path)
    if (plain.empty()) audited.interaction += (audited.interaction.back() == ' ' ? "" : "/") + segment;
  for (const auto& [name, value] : request.query)
    audited.query.append(audited.query.empty() ? "" : "&").append(name).append("=").append(value);
  audited.reads = request.method == "GET" || request.method == "HEAD" ||
                  (request.method == "POST" && !request.path.empty() && request.path.back() == "_search");
  audited.circumstances = request.circumstances;
  return audited;
}

}  // namespace

Repository Dispatcher::repository_of(const Request& request) const {
  Repository out = repository_.as(request.principal);
  const bool told = context_.auditor && !request.principal->is_unrestricted();
  return told ? out.told_to(*context_.auditor, event_of(request)) : out;
}

Result<void> Dispatcher::admit(const Request& request, std::string_view pattern) const {
  auto admitted = access::admit(*request.principal, {request.method, pattern, request.type, request.id});
  if (!context_.auditor || request.principal->is_unrestricted()) return admitted;
  if (!request.principal->grant && admitted) return admitted;  // nobody, where nobody needs to be known
  const std::string_view plain = pattern.starts_with('/') ? pattern : std::string_view();
  const storage::Instant now = repository_.now();
  if (!admitted)
    context_.auditor->refused(*request.principal, event_of(request, plain), row_of(admitted.error().fault).http_status,
                              now);
  else if (!plain.empty())
    context_.auditor->seen(*request.principal, event_of(request, plain), {}, now);
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
