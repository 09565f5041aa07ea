#include "server/http/home.h"

#include <fmt/format.h>

namespace varde::http {

std::string home_page(std::string_view fhir_base) {
  return fmt::format(R"(<!doctype html>
<html lang="nb">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Varde</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #1b2a33; background: #fbfaf7 }}
  h1 {{ font-weight: 600 }} section {{ margin-top: 2rem }} code {{ background: #eee9df; padding: .1rem .3rem; border-radius: .2rem }}
  a {{ color: #0b5e7e }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #14191c; color: #e6e3dc }} code {{ background: #2a3136 }} a {{ color: #7cc5e0 }} }}
</style>
<h1>Varde</h1>
<section>
<p>FHIR-tjener og meldingsmottak for digital hjemmeoppfølging. Målinger inn som FHIR, varsler og PLO-meldinger ut.</p>
<ul>
<li><a href="/fhir/metadata">Hva tjeneren kan</a> (CapabilityStatement); FHIR-adressen er <code>{0}</code></li>
<li>Meldinger sendes som XML til <code>POST /message</code></li>
<li><a href="/health">Helsesjekk</a>, <a href="/ready">klar for trafikk</a>, <a href="/metrics">måletall</a></li>
</ul>
<p>Søk som inneholder fødselsnummer sendes som <code>POST /fhir/Patient/_search</code>, aldri i adressen.</p>
</section>
<section lang="en">
<p>A FHIR server and message gateway for digital home follow-up. Measurements in as FHIR, alerts and national messages out.</p>
<ul>
<li><a href="/fhir/metadata">What this server can do</a> (CapabilityStatement); the FHIR base is <code>{0}</code></li>
<li>Messages go as XML to <code>POST /message</code></li>
<li><a href="/health">Health</a>, <a href="/ready">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
<p>Send searches that hold an identity number as <code>POST /fhir/Patient/_search</code>, never in the address.</p>
</section>
</html>
)",
                     fhir_base);
}

}  // namespace varde::http
