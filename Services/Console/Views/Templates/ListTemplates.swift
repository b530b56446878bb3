extension Template {
    static let incidentsText = """
        <h1>Incidents</h1>
        <form class="filters" method="get" action="/incidents" role="search">
        <label>Title has <input type="search" name="q" value="{{search}}" maxlength="200"></label>
        <label>Status <select name="status">{{#statusOptions}}<option value="{{optionValue}}"{{#isChosen}} selected{{/isChosen}}>{{optionName}}</option>{{/statusOptions}}</select></label>
        <label>Severity <select name="severity">{{#severityOptions}}<option value="{{optionValue}}"{{#isChosen}} selected{{/isChosen}}>{{optionName}}</option>{{/severityOptions}}</select></label>
        <label>Service <input name="service" value="{{serviceFilter}}" maxlength="1024"></label>
        <label>Assigned to <input name="assignee" value="{{assigneeFilter}}" maxlength="255"></label>
        <label>Order <select name="order">{{#orderOptions}}<option value="{{optionValue}}"{{#isChosen}} selected{{/isChosen}}>{{optionName}}</option>{{/orderOptions}}</select></label>
        <div class="filter-buttons"><button class="primary">Filter</button>{{#isFiltered}}<a href="/incidents">Clear</a>{{/isFiltered}}</div>
        </form>
        <p class="meta">{{found}}</p>
        {{#hasRows}}<ul class="rows">
        {{#incidentRows}}{{>incident-row}}{{/incidentRows}}
        </ul>{{/hasRows}}
        {{^hasRows}}<p class="calm">No incident matches.</p>{{/hasRows}}
        {{>pager}}
        """

    static let alertsText = """
        <h1>Alerts</h1>
        <form class="filters" method="get" action="/alerts">
        <label>Status <select name="status">{{#statusOptions}}<option value="{{optionValue}}"{{#isChosen}} selected{{/isChosen}}>{{optionName}}</option>{{/statusOptions}}</select></label>
        <div class="filter-buttons"><button class="primary">Filter</button></div>
        </form>
        <p class="meta">{{found}}</p>
        {{#hasRows}}<ul class="rows">
        {{#alertItems}}{{>alert-item}}{{/alertItems}}
        </ul>{{/hasRows}}
        {{^hasRows}}<p class="calm">No alert matches.</p>{{/hasRows}}
        {{>pager}}
        """

    static let alertItemText = """
        <li class="row {{severityClass}}">
        <span class="badge {{severityClass}}">{{severityWord}}</span>
        <div class="row-main"><p class="row-title">{{alertName}}</p>
        {{#hasSummary}}<p class="summary">{{summary}}</p>{{/hasSummary}}
        <p class="meta">{{#hasIncident}}<span><a href="/incidents/{{incidentNumber}}">#{{incidentNumber}}</a></span>{{/hasIncident}}<span>from {{source}}</span>{{#hasOccurrence}}<span>time no. {{occurrence}}</span>{{/hasOccurrence}}{{#hasRepeats}}<span>repeated {{repeats}}×</span>{{/hasRepeats}}{{#hasLink}}<span><a href="{{link}}" rel="noopener noreferrer nofollow">source</a></span>{{/hasLink}}</p>
        <details><summary>Labels</summary><dl class="labels">{{#labelPairs}}<div><dt>{{labelName}}</dt><dd>{{labelValue}}</dd></div>{{/labelPairs}}{{#annotationPairs}}<div class="annotation"><dt>{{labelName}}</dt><dd>{{labelValue}}</dd></div>{{/annotationPairs}}</dl></details></div>
        <span class="state {{alertStateClass}}">{{alertState}}</span>
        <span class="when">{{#began}}{{>moment}}{{/began}}{{#hasEnded}}<span class="lasted">for {{lasted}}</span>{{/hasEnded}}</span>
        </li>
        """
}
