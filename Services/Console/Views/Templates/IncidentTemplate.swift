extension Template {
    static let incidentText = """
        <p class="crumbs"><a href="/incidents">Incidents</a> / #{{number}}</p>
        <header class="incident-head">
        <p class="badges"><span class="badge {{severityClass}}">{{severityWord}}</span><span class="state {{statusClass}}">{{statusWord}}</span></p>
        <h1>{{incidentTitle}}</h1>
        {{#hasDescription}}<p class="description">{{incidentDescription}}</p>{{/hasDescription}}
        </header>
        {{#hasActions}}<div class="actions">
        {{#canAcknowledge}}<form method="post" action="/incidents/{{number}}/acknowledge"><input type="hidden" name="form_token" value="{{actionToken}}"><label>Assign to <input name="assignee_id" maxlength="255" placeholder="{{keyName}}"></label><button class="primary">Acknowledge</button></form>{{/canAcknowledge}}
        <form method="post" action="/incidents/{{number}}/resolve"><input type="hidden" name="form_token" value="{{actionToken}}"><button>Resolve</button></form>
        </div>{{/hasActions}}
        <dl class="figures">
        {{#figures}}<div><dt>{{figureName}}</dt><dd>{{figureValue}}</dd><dd class="meta">{{figureNote}}</dd></div>
        {{/figures}}
        </dl>
        {{#hasLabels}}<dl class="labels inline">{{#labelPairs}}<div><dt>{{labelName}}</dt><dd>{{labelValue}}</dd></div>{{/labelPairs}}</dl>{{/hasLabels}}
        <div class="columns">
        <section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
        {{#isCut}}<p class="meta">The latest {{eventCount}} events.</p>{{/isCut}}
        <ol class="timeline">
        {{#timeline}}<li class="event event-{{eventKind}}"><p><strong>{{eventWord}}</strong>{{#hasChange}} <span>{{eventChange}}</span>{{/hasChange}}</p><p class="meta"><span>{{#eventTime}}{{>moment}}{{/eventTime}}</span><span>{{actor}}</span></p></li>
        {{/timeline}}
        </ol></section>
        <section aria-labelledby="told"><h2 id="told">Who was told</h2>
        {{#hasDeliveries}}<ul class="deliveries">
        {{#deliveries}}<li><div><p><strong>{{channel}}</strong> <span class="meta">{{channelType}}</span></p><p class="meta"><span>{{deliveryKind}}</span><span>{{attempts}}</span>{{#hasError}}<span>{{deliveryError}}</span>{{/hasError}}</p></div><span class="state {{deliveryClass}}">{{deliveryState}}</span></li>
        {{/deliveries}}
        </ul>{{/hasDeliveries}}
        {{^hasDeliveries}}<p class="calm">Nobody: no channel is meant for it.</p>{{/hasDeliveries}}
        </section>
        </div>
        <section aria-labelledby="alerts"><h2 id="alerts">Alerts</h2>
        {{#hasAlerts}}<ul class="rows">
        {{#alertItems}}{{>alert-item}}{{/alertItems}}
        </ul>{{/hasAlerts}}
        {{^hasAlerts}}<p class="calm">No alert is kept of it.</p>{{/hasAlerts}}
        </section>
        """
}
