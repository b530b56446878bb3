import Models

/// The one stylesheet. Its address holds a hash of its text, so that browsers may keep it for ever.
package enum Stylesheet {
    /// `/assets/console.<hash>.css`
    package static let path = "/assets/console.\(hash).css"

    private static let hash: String = {
        var hash = FNV1a()
        hash.combine(text)
        return hash.hex
    }()

    package static let text = """
        :root {
          color-scheme: light dark;
          --page: #f7f6f3; --card: #ffffff; --ink: #1f2328; --soft: #5d646d; --line: #e0ddd6; --accent: #0b5cad; --accent-ink: #ffffff;
          --critical: #b3201f; --high: #b8500c; --medium: #806200; --low: #3d6b8e; --medium-fill: #d9b12f; --high-fill: #d9702a;
          --critical-bg: #fbe9e7; --high-bg: #fdeedd; --medium-bg: #faf3d6; --low-bg: #e6eff6;
          --good: #256b3c; --good-bg: #e5f3e8; --problem-bg: #fbe9e7; --shadow: 0 1px 2px rgb(0 0 0 / .06);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #14171b; --card: #1c2127; --ink: #e6e8eb; --soft: #9aa4af; --line: #2e353d; --accent: #6cb2f5; --accent-ink: #0d1117;
            --critical: #ff8f86; --high: #ffab70; --medium: #e8c95c; --low: #8fc1e8; --medium-fill: #e8c95c; --high-fill: #ffab70;
            --critical-bg: #40201f; --high-bg: #402a18; --medium-bg: #383013; --low-bg: #1d2f3e;
            --good: #7fd09a; --good-bg: #1b3324; --problem-bg: #40201f; --shadow: none;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        a { color: var(--accent); }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; font-weight: 650; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; font-weight: 650; }
        p { margin: 0 0 .5rem; }
        code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
        .skip { position: absolute; left: -100rem; }
        .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; z-index: 1; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
        .top { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .6rem max(1rem, calc((100vw - 70rem) / 2)); background: var(--card); border-bottom: 1px solid var(--line); }
        .brand { display: inline-flex; align-items: center; gap: .5rem; font-weight: 700; font-size: 1.1rem; color: var(--ink); text-decoration: none; padding: .25rem 0; }
        .brand svg { width: 1.25rem; height: 1.25rem; fill: #c2410c; }
        nav { display: flex; gap: .25rem; }
        nav a { padding: .35rem .75rem; border-radius: 6px; color: var(--soft); text-decoration: none; font-weight: 550; }
        nav a:hover { color: var(--ink); }
        nav a[aria-current] { color: var(--ink); background: var(--page); }
        .who { margin-left: auto; display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .9rem; }
        main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        .meta { color: var(--soft); font-size: .875rem; }
        .meta > span:not(:last-child)::after { content: "·"; margin: 0 .45em; }
        .calm { color: var(--soft); background: var(--card); border: 1px dashed var(--line); border-radius: 10px; padding: 1.25rem; }
        button, .button { font: inherit; font-weight: 600; line-height: 1.5rem; padding: .45rem 1rem; border-radius: 8px; border: 1px solid var(--line); background: var(--card); color: var(--ink); cursor: pointer; text-decoration: none; display: inline-block; }
        button:hover, .button:hover { border-color: var(--soft); }
        button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
        button.quiet { line-height: 1.2; font-weight: 500; font-size: .85rem; padding: .25rem .6rem; background: transparent; color: var(--soft); }
        input, select { font: inherit; height: 2.5rem; padding: 0 .6rem; border-radius: 8px; border: 1px solid var(--line); background: var(--card); color: var(--ink); min-width: 0; }
        .tiles { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; }
        .tile a { display: grid; gap: .1rem; padding: 1rem 1.1rem; border-radius: 12px; background: var(--card); border: 1px solid var(--line); border-top: 4px solid currentColor; text-decoration: none; color: inherit; box-shadow: var(--shadow); }
        .tile a:hover { background: var(--page); }
        .tile-number { font-size: 2rem; font-weight: 700; line-height: 1.1; font-variant-numeric: tabular-nums; }
        .tile-name { font-weight: 650; }
        .tile-note { color: var(--soft); font-size: .85rem; }
        .tile.is-zero a { color: var(--soft); }
        .severity-critical { color: var(--critical); } .severity-high { color: var(--high); } .severity-medium { color: var(--medium); } .severity-low { color: var(--low); }
        .badge { display: inline-block; padding: .1rem .6rem; border-radius: 99px; font-size: .8rem; font-weight: 650; white-space: nowrap; text-align: center; }
        .badge.severity-critical { background: var(--critical-bg); } .badge.severity-high { background: var(--high-bg); }
        .badge.severity-medium { background: var(--medium-bg); } .badge.severity-low { background: var(--low-bg); }
        .rows { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; box-shadow: var(--shadow); }
        .row { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr) 7.5rem 6.5rem; gap: .25rem 1rem; align-items: baseline; padding: .75rem 1rem; }
        .row + .row { border-top: 1px solid var(--line); }
        .row-main { color: var(--ink); }
        .row-title { font-weight: 600; margin: 0; overflow-wrap: anywhere; }
        a.row-title { color: var(--ink); text-decoration: none; }
        a.row-title:hover { text-decoration: underline; }
        .row .meta { margin: 0; overflow-wrap: anywhere; }
        .summary { margin: 0; overflow-wrap: anywhere; }
        .when { color: var(--soft); font-size: .875rem; text-align: right; }
        .lasted { display: block; }
        .state { font-size: .875rem; font-weight: 600; white-space: nowrap; color: var(--soft); }
        .state::before { content: ""; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; margin-right: .45rem; border: 2px solid currentColor; }
        .status-open, .status-firing, .delivery-dead { color: var(--critical); } .status-acknowledged, .delivery-in_doubt { color: var(--medium); }
        .status-resolved, .delivery-sent { color: var(--good); }
        .status-open::before, .status-firing::before, .status-resolved::before, .delivery-sent::before, .delivery-dead::before { background: currentColor; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
        .figures > div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .75rem 1rem; }
        .figures dt { color: var(--soft); font-size: .85rem; }
        .figures dd { margin: 0; font-size: 1.2rem; font-weight: 650; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .figures dd.meta { font-size: .8rem; font-weight: 400; }
        .chart { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem; }
        .chart svg { display: block; width: 100%; height: auto; }
        .chart .grid { stroke: var(--line); stroke-width: 1; }
        .chart .axis { fill: var(--soft); font-size: 11px; }
        .bar-hit { fill: transparent; }
        .bar.severity-critical { fill: var(--critical); } .bar.severity-high { fill: var(--high-fill); } .bar.severity-medium { fill: var(--medium-fill); } .bar.severity-low { fill: var(--low); }
        figcaption { color: var(--soft); font-size: .875rem; margin-top: .5rem; }
        .key { white-space: nowrap; margin-left: .5rem; }
        .key::before { content: ""; display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; background: currentColor; margin-right: .35rem; }
        .key.severity-high::before { background: var(--high-fill); } .key.severity-medium::before { background: var(--medium-fill); }
        details { margin-top: .35rem; font-size: .9rem; }
        summary { color: var(--soft); cursor: pointer; font-size: .875rem; width: max-content; }
        .scroll { overflow-x: auto; max-height: 20rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: .5rem; }
        th, td { text-align: right; padding: .15rem .75rem; border-bottom: 1px solid var(--line); font-weight: 400; }
        thead th, th[scope=row] { color: var(--soft); } th:first-child { text-align: left; padding-left: 0; }
        .filters { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: 1rem; }
        .filters label { display: grid; gap: .2rem; font-size: .85rem; color: var(--soft); flex: 1 1 8rem; }
        .filters label:has(select) { flex: 0 1 auto; }
        .filter-buttons { display: flex; gap: .75rem; align-items: center; }
        .pager { display: flex; gap: 1.5rem; margin-top: 1rem; }
        .pager a:last-child { margin-left: auto; }
        .crumbs { font-size: .9rem; color: var(--soft); }
        .badges { display: flex; gap: 1rem; align-items: center; margin: 0 0 .5rem; }
        .incident-head h1 { margin-bottom: .5rem; }
        .description { white-space: pre-line; color: var(--soft); max-width: 50rem; overflow-wrap: anywhere; }
        .actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0 1.5rem; align-items: end; }
        .actions form { display: flex; gap: .6rem; align-items: end; }
        .actions label { display: grid; font-size: .85rem; color: var(--soft); }
        .labels { margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .4rem; }
        .labels div { display: inline-flex; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; font-size: .8rem; }
        .labels dt { padding: .1rem .45rem; background: var(--page); color: var(--soft); }
        .labels dd { margin: 0; padding: .1rem .45rem; overflow-wrap: anywhere; min-width: 0; }
        .labels.inline { margin: 0 0 1rem; }
        .columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 2rem; }
        .timeline { list-style: none; margin: 0; padding: 0 0 0 1.1rem; border-left: 2px solid var(--line); }
        .event { position: relative; padding-bottom: 1rem; }
        .event::before { content: ""; position: absolute; left: -1.55rem; top: .4rem; width: .75rem; height: .75rem; border-radius: 50%; background: var(--soft); border: 2px solid var(--page); }
        .event p { margin: 0; overflow-wrap: anywhere; }
        .event-opened::before, .event-reopened::before { background: var(--critical); } .event-acknowledged::before { background: var(--medium); } .event-resolved::before { background: var(--good); }
        .deliveries { list-style: none; margin: 0; padding: 0; }
        .deliveries li { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; padding: .5rem 0; border-bottom: 1px solid var(--line); }
        .deliveries p { margin: 0; overflow-wrap: anywhere; }
        .message, .sign-in { max-width: 30rem; margin: 8vh auto 0; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 2rem; box-shadow: var(--shadow); }
        .message-code { color: var(--soft); font-weight: 700; font-size: .9rem; letter-spacing: .05em; }
        .message code { overflow-wrap: anywhere; }
        .sign-in form { display: grid; gap: .5rem; margin: 1rem 0; }
        .sign-in label { font-weight: 600; }
        .problem { background: var(--problem-bg); color: var(--critical); padding: .6rem .8rem; border-radius: 8px; }
        @media (max-width: 46rem) {
          main { padding: 1rem .75rem 3rem; }
          h1 { font-size: 1.35rem; }
          .top { padding: .5rem .75rem; gap: .25rem .75rem; }
          nav { order: 3; flex-basis: 100%; } nav a { padding: .35rem .6rem; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
          .row { grid-template-columns: minmax(0, 1fr) auto; padding: .75rem; }
          .row .badge { justify-self: start; grid-row: 1; grid-column: 1; } .row > .state { grid-row: 1; grid-column: 2; }
          .row .row-main { grid-column: 1 / -1; } .row .when { grid-column: 1 / -1; text-align: left; } .lasted { display: inline; margin-left: .4em; }
          .columns { grid-template-columns: minmax(0, 1fr); }
          .filters label, .filters label:has(select) { flex: 1 1 40%; }
          .actions form { flex-wrap: wrap; }
          .chart .axis { font-size: 20px; }
        }
        @media print { .top, .actions, .filters { display: none; } body { background: #fff; } }
        """
}
