extension Template {
    static let overviewText = """
        <h1>{{headline}}</h1>
        <ul class="tiles">
        {{#severities}}<li class="tile {{severityClass}}{{#isZero}} is-zero{{/isZero}}"><a href="/incidents?status=open,acknowledged&amp;severity={{severityQuery}}"><span class="tile-number">{{severityCount}}</span><span class="tile-name">{{severityWord}}</span><span class="tile-note">{{note}}</span></a></li>
        {{/severities}}
        </ul>
        <section aria-labelledby="burning">
        <h2 id="burning">What burns now</h2>
        {{#hasBurning}}<ul class="rows">
        {{#burning}}{{>incident-row}}{{/burning}}
        </ul>
        {{#hasMore}}<p><a href="/incidents?status=open,acknowledged">All {{unresolvedTotal}} unresolved incidents</a></p>{{/hasMore}}{{/hasBurning}}
        {{^hasBurning}}<p class="calm">Nothing. Enjoy the quiet.</p>{{/hasBurning}}
        </section>
        <section aria-labelledby="month">
        <h2 id="month">The last 30 days</h2>
        <dl class="figures">
        {{#figures}}<div><dt>{{figureName}}</dt><dd>{{figureValue}}</dd><dd class="meta">{{figureNote}}</dd></div>
        {{/figures}}
        </dl>
        {{#chart}}{{>chart}}{{/chart}}
        </section>
        """

    static let chartText = """
        <figure class="chart">
        <svg viewBox="0 0 {{chartWidth}} {{chartHeight}}" role="img" aria-labelledby="chart-title chart-text">
        <title id="chart-title">Incidents opened a day</title>
        <desc id="chart-text">{{chartSummary}}</desc>
        {{#gridLines}}<line class="grid" x1="{{chartLeft}}" x2="{{chartRight}}" y1="{{lineY}}" y2="{{lineY}}"/><text class="axis" x="{{labelX}}" y="{{labelY}}" text-anchor="end">{{lineLabel}}</text>
        {{/gridLines}}
        {{#bars}}<g><title>{{barText}}</title><rect class="bar-hit" x="{{barX}}" y="{{chartTop}}" width="{{barWidth}}" height="{{plotHeight}}"/>{{#parts}}<rect class="bar {{partClass}}" x="{{barX}}" y="{{partY}}" width="{{barWidth}}" height="{{partHeight}}"/>{{/parts}}</g>
        {{/bars}}
        <text class="axis" x="{{chartLeft}}" y="{{axisY}}">{{firstDay}}</text>
        <text class="axis" x="{{chartRight}}" y="{{axisY}}" text-anchor="end">{{lastDay}}</text>
        </svg>
        <figcaption>Incidents opened a day, by severity: {{#legend}}<span class="key {{keyClass}}">{{keyWord}}</span> {{/legend}}</figcaption>
        <details><summary>The same as a table</summary>
        <div class="scroll"><table><thead><tr><th scope="col">Day</th>{{#legend}}<th scope="col">{{keyWord}}</th>{{/legend}}<th scope="col">All</th></tr></thead><tbody>
        {{#bars}}<tr><th scope="row">{{barDay}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}<td>{{barTotal}}</td></tr>
        {{/bars}}
        </tbody></table></div></details>
        </figure>
        """
}
