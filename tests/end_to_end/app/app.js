// The least that a SMART app does (SMART App Launch 2.0, standalone of any library), by one page: an EPJ launches it
// with `launch`, and the authorization server's answer comes back to it. What happened is written into the page, where
// a test reads it.
const client = 'trend-app', here = location.href.split(/[?#]/)[0];

const base64url = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const show = (id, text) => { document.getElementById(id).textContent = text; };

async function launch() {
  const asked = new URLSearchParams(location.search), iss = asked.get('iss');
  const smart = await (await fetch(iss + '/.well-known/smart-configuration')).json();
  const kept = {iss, token: smart.token_endpoint, state: random(), verifier: random()};
  sessionStorage.setItem('kept', JSON.stringify(kept));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(kept.verifier));
  location = smart.authorization_endpoint + '?' + new URLSearchParams({
    response_type: 'code', client_id: client, redirect_uri: here, launch: asked.get('launch'), aud: iss,
    scope: 'launch openid fhirUser patient/*.rs', state: kept.state, code_challenge: base64url(digest),
    code_challenge_method: 'S256'});
}

async function come_back() {
  const answer = new URLSearchParams(location.search), kept = JSON.parse(sessionStorage.getItem('kept'));
  if (answer.get('state') !== kept.state) throw new Error('another state than was asked for');
  if (answer.has('error')) throw new Error(answer.get('error'));
  const given = await (await fetch(kept.token, {method: 'POST', body: new URLSearchParams({
    grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: here, client_id: client,
    code_verifier: kept.verifier})})).json();
  const read = path => fetch(kept.iss + '/' + path, {headers: {
    Authorization: given.token_type + ' ' + given.access_token, Accept: 'application/fhir+json'}});
  const patient = await (await read('Patient/' + given.patient)).json();
  show('name', [...patient.name[0].given, patient.name[0].family].join(' '));
  const found = await (await read('Observation?_summary=count&patient=' + given.patient)).json();
  show('readings', found.total);
  show('others', (await read('Patient/marit')).status);
  show('state', 'done');
}

const work = new URLSearchParams(location.search).has('launch') ? launch : come_back;
work().catch(problem => show('state', problem.message));
