//! The bridge's own pages: the chair's console, watching and publishing from a browser.
//!
//! Text, module and style are part of the program; nothing is fetched from elsewhere, and the
//! content security policy holds the pages to that.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{Html, Response};
use axum::routing::get;

use crate::server::App;

const CONSOLE: &str = include_str!("../console/console.html");
const WATCH: &str = include_str!("../console/watch.html");
const PUBLISH: &str = include_str!("../console/publish.html");

pub(crate) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What the pages are made of: path, type, text.
const ASSETS: [(&str, &str, &str); 24] = [
    (
        "/assets/audience.js",
        JAVASCRIPT,
        include_str!("../console/audience.js"),
    ),
    (
        "/assets/audience_words.js",
        JAVASCRIPT,
        include_str!("../console/audience_words.js"),
    ),
    (
        "/assets/boxes.js",
        JAVASCRIPT,
        include_str!("../console/boxes.js"),
    ),
    (
        "/assets/boxes_words.js",
        JAVASCRIPT,
        include_str!("../console/boxes_words.js"),
    ),
    (
        "/assets/console.js",
        JAVASCRIPT,
        include_str!("../console/console.js"),
    ),
    (
        "/assets/check.js",
        JAVASCRIPT,
        include_str!("../console/check.js"),
    ),
    (
        "/assets/decks.js",
        JAVASCRIPT,
        include_str!("../console/decks.js"),
    ),
    (
        "/assets/updates.js",
        JAVASCRIPT,
        include_str!("../console/updates.js"),
    ),
    (
        "/assets/media.js",
        JAVASCRIPT,
        include_str!("../console/media.js"),
    ),
    (
        "/assets/order.js",
        JAVASCRIPT,
        include_str!("../console/order.js"),
    ),
    (
        "/assets/photos.js",
        JAVASCRIPT,
        include_str!("../console/photos.js"),
    ),
    (
        "/assets/reason_words.js",
        JAVASCRIPT,
        include_str!("../console/reason_words.js"),
    ),
    (
        "/assets/plan_words.js",
        JAVASCRIPT,
        include_str!("../console/plan_words.js"),
    ),
    (
        "/assets/programme.js",
        JAVASCRIPT,
        include_str!("../console/programme.js"),
    ),
    (
        "/assets/report.js",
        JAVASCRIPT,
        include_str!("../console/report.js"),
    ),
    (
        "/assets/screens.js",
        JAVASCRIPT,
        include_str!("../console/screens.js"),
    ),
    (
        "/assets/views.js",
        JAVASCRIPT,
        include_str!("../console/views.js"),
    ),
    (
        "/assets/publish.js",
        JAVASCRIPT,
        include_str!("../console/publish.js"),
    ),
    (
        "/assets/run.js",
        JAVASCRIPT,
        include_str!("../console/run.js"),
    ),
    (
        "/assets/watch.js",
        JAVASCRIPT,
        include_str!("../console/watch.js"),
    ),
    (
        "/assets/words.js",
        JAVASCRIPT,
        include_str!("../console/words.js"),
    ),
    (
        "/assets/estrade.css",
        "text/css; charset=utf-8",
        include_str!("../console/estrade.css"),
    ),
    (
        "/assets/plan.css",
        "text/css; charset=utf-8",
        include_str!("../console/plan.css"),
    ),
    (
        "/assets/icon.svg",
        "image/svg+xml",
        include_str!("../console/icon.svg"),
    ),
];

const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // A bridge that was updated serves other pages at once.
    (header::CACHE_CONTROL, "no-cache"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=()",
    ),
];

/// The pages and what they are made of.
pub(crate) fn routes() -> Router<App> {
    let pages = Router::new()
        .route(
            "/",
            get(|State(app): State<App>| async move { page(CONSOLE, &app) }),
        )
        .route(
            "/watch",
            get(|State(app): State<App>| async move { page(WATCH, &app) }),
        )
        .route(
            "/publish",
            get(|State(app): State<App>| async move { page(PUBLISH, &app) }),
        );
    ASSETS
        .into_iter()
        .fold(pages, |router, (path, media_type, text)| {
            let answer = move || async move { ([(header::CONTENT_TYPE, media_type)], text) };
            router.route(path, get(answer))
        })
        .layer(map_response(harden))
}

fn page(text: &str, app: &App) -> Html<String> {
    Html(text.replace("{{title}}", &escape(&app.config.title)))
}

/// With the headers of a page of this program.
pub(crate) async fn harden(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The text as it stands in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
