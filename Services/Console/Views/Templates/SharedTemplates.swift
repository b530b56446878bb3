/// What every page has. `{{{body}}}` is a page rendered before, the only place where text is not escaped.
extension Template {
    static let layoutText = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{pageTitle}} · Tocsin</title>
        <link rel="stylesheet" href="{{stylesheet}}">
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 1a5 5 0 0 0-5 5v4l-1 2h12l-1-2V6a5 5 0 0 0-5-5zM6 13a2 2 0 0 0 4 0z' fill='%23c2410c'/%3E%3C/svg%3E">
        </head>
        <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
        <a class="brand" href="/"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1a5 5 0 0 0-5 5v4l-1 2h12l-1-2V6a5 5 0 0 0-5-5zM6 13a2 2 0 0 0 4 0z"/></svg>Tocsin</a>
        {{#signedIn}}
        <nav aria-label="Main">
        {{#tabs}}<a href="{{tabAddress}}"{{#isActive}} aria-current="page"{{/isActive}}>{{tabName}}</a>{{/tabs}}
        </nav>
        <div class="who"><span title="Signed in with key {{keyName}}">{{teamName}}</span>
        <form method="post" action="/sign-out"><input type="hidden" name="form_token" value="{{formToken}}"><button class="quiet">Sign out</button></form></div>
        {{/signedIn}}
        </header>
        <main id="content">
        {{{body}}}
        </main>
        </body>
        </html>
        """

    static let badgesText = """
        <span class="badge {{severityClass}}">{{severityWord}}</span>
        """

    static let incidentRowText = """
        <li class="row {{severityClass}}">
        <span class="badge {{severityClass}}">{{severityWord}}</span>
        <div class="row-main"><a class="row-title" href="/incidents/{{number}}">{{incidentTitle}}</a>
        <p class="meta"><span>#{{number}}</span>{{#hasService}}<span>{{service}}</span>{{/hasService}}<span>{{firing}}</span>{{#reopened}}<span>reopened {{reopenCount}}×</span>{{/reopened}}{{#hasAssignee}}<span>with {{assignee}}</span>{{/hasAssignee}}</p></div>
        <span class="state {{statusClass}}">{{statusWord}}</span>
        <span class="when">{{#opened}}{{>moment}}{{/opened}}</span>
        </li>
        """

    static let pagerText = """
        <p class="pager">{{#hasFirst}}<a href="{{firstPage}}">← First page</a>{{/hasFirst}}{{#hasNext}}<a href="{{nextPage}}" rel="next">Next page →</a>{{/hasNext}}</p>
        """

    static let messageText = """
        <section class="message">
        <p class="message-code">{{status}}</p>
        <h1>{{heading}}</h1>
        <p>{{text}}</p>
        <p class="meta">Request <code>{{requestID}}</code></p>
        <p><a class="button" href="/">Back to the overview</a></p>
        </section>
        """

    static let signInText = """
        <section class="sign-in">
        <h1>Sign in</h1>
        <p>Paste an API key of your team. <code>tocsin keys create</code> makes one.</p>
        {{#hasProblem}}<p class="problem" role="alert">{{problem}}</p>{{/hasProblem}}
        <form method="post" action="/sign-in">
        <input type="hidden" name="next" value="{{next}}">
        <label for="key">API key</label>
        <input id="key" name="key" type="password" autocomplete="current-password" spellcheck="false" required autofocus placeholder="tk_api_…" maxlength="200">
        <button class="primary">Sign in</button>
        </form>
        <p class="meta">The key itself is not kept: your browser gets a session that ends after {{hours}} hours, on sign-out, or with the key.</p>
        </section>
        """
}
