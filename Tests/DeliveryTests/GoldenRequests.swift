// swift-format-ignore-file
// Recorded by GoldenTests.
let goldenRequests: [String: String] = [
    "email opened 0": ##"""
mail.example.com:587 starttls
MAIL FROM tocsin@example.com
RCPT TO ["CaNaRy7f3a@example.com", "ops@example.com"]
From: Tocsin <tocsin@example.com>
To: CaNaRy7f3a@example.com,
 ops@example.com
Date: Thu, 09 Oct 2025 08:53:20 +0000
Message-ID: <delivery-33333333-3333-4333-8333-333333333333@example.com>
In-Reply-To: <incident-22222222-2222-4222-8222-222222222222@example.com>
References: <incident-22222222-2222-4222-8222-222222222222@example.com>
Subject: =?UTF-8?B?8J+UtCBbQ1JJVElDQUxdICM0NzExIERpc2sgZnVsbCBvbiBkYi0x?=
 =?UTF-8?B?OiBvcGVuZWQ=?=
Auto-Submitted: auto-generated
X-Tocsin-Incident: 22222222-2222-4222-8222-222222222222
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="tocsin-33333333-3333-4333-8333-333333333333"

--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

8J+UtCAjNDcxMSBEaXNrIGZ1bGwgb24gZGItMQ0KQSBjcml0aWNhbCBpbmNpZGVudCBvcGVuZWQ6
IDIgYWxlcnRzIGZpcmluZy4NCg0KT25seSAyICUgbGVmdC4NClNlZSB0aGUgcnVuYm9vay4NCg0K
U2V2ZXJpdHk6IGNyaXRpY2FsDQpTdGF0dXM6IG9wZW4NClNlcnZpY2U6IGRiDQpBbGVydDogRGlz
a0Z1bGwNCkZpcmluZzogMiBvZiAzDQpTaW5jZTogMjAyNS0xMC0wOSAwODo1MzoyMCBVVEMNCg0K
aHR0cHM6Ly90b2NzaW4uZXhhbXBsZS5jb20vaW5jaWRlbnRzLzIyMjIyMjIyLTIyMjItNDIyMi04
MjIyLTIyMjIyMjIyMjIyMg0K
--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PCFET0NUWVBFIGh0bWw+PGh0bWw+PGJvZHkgc3R5bGU9ImZvbnQtZmFtaWx5OnNhbnMtc2VyaWY7
Y29sb3I6IzIyMiI+PGRpdiBzdHlsZT0iYm9yZGVyLWxlZnQ6NnB4IHNvbGlkICNjNjI4Mjg7cGFk
ZGluZzo0cHggMTZweCI+PGgyIHN0eWxlPSJtYXJnaW46MCAwIDRweCI+8J+UtCAjNDcxMSBEaXNr
IGZ1bGwgb24gZGItMTwvaDI+PHA+QSBjcml0aWNhbCBpbmNpZGVudCBvcGVuZWQ6IDIgYWxlcnRz
IGZpcmluZy48L3A+PHAgc3R5bGU9IndoaXRlLXNwYWNlOnByZS13cmFwIj5Pbmx5IDIgJSBsZWZ0
LgpTZWUgdGhlIHJ1bmJvb2suPC9wPjx0YWJsZSBzdHlsZT0iYm9yZGVyLWNvbGxhcHNlOmNvbGxh
cHNlIj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2NjYiPlNl
dmVyaXR5PC90ZD48dGQ+Y3JpdGljYWw8L3RkPjwvdHI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoy
cHggMTJweCAycHggMDtjb2xvcjojNjY2Ij5TdGF0dXM8L3RkPjx0ZD5vcGVuPC90ZD48L3RyPjx0
cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+U2VydmljZTwv
dGQ+PHRkPmRiPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7
Y29sb3I6IzY2NiI+QWxlcnQ8L3RkPjx0ZD5EaXNrRnVsbDwvdGQ+PC90cj48dHI+PHRkIHN0eWxl
PSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2NjYiPkZpcmluZzwvdGQ+PHRkPjIgb2Yg
MzwvdGQ+PC90cj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2
NjYiPlNpbmNlPC90ZD48dGQ+MjAyNS0xMC0wOSAwODo1MzoyMCBVVEM8L3RkPjwvdHI+PC90YWJs
ZT48cD48YSBocmVmPSJodHRwczovL3RvY3Npbi5leGFtcGxlLmNvbS9pbmNpZGVudHMvMjIyMjIy
MjItMjIyMi00MjIyLTgyMjItMjIyMjIyMjIyMjIyIj5PcGVuIGluIFRvY3NpbjwvYT48L3A+PC9k
aXY+PC9ib2R5PjwvaHRtbD4=
--tocsin-33333333-3333-4333-8333-333333333333--

"""##,
    "email acknowledged 0": ##"""
mail.example.com:587 starttls
MAIL FROM tocsin@example.com
RCPT TO ["CaNaRy7f3a@example.com", "ops@example.com"]
From: Tocsin <tocsin@example.com>
To: CaNaRy7f3a@example.com,
 ops@example.com
Date: Thu, 09 Oct 2025 09:58:20 +0000
Message-ID: <delivery-33333333-3333-4333-8333-333333333333@example.com>
In-Reply-To: <delivery-0@example.com>
References: <incident-22222222-2222-4222-8222-222222222222@example.com>
 <delivery-0@example.com>
Subject: =?UTF-8?B?8J+RgCBbQ1JJVElDQUxdICM0NzExIERpc2sgZnVsbCBvbiBkYi0x?=
 =?UTF-8?B?OiBhY2tub3dsZWRnZWQ=?=
Auto-Submitted: auto-generated
X-Tocsin-Incident: 22222222-2222-4222-8222-222222222222
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="tocsin-33333333-3333-4333-8333-333333333333"

--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

8J+RgCAjNDcxMSBEaXNrIGZ1bGwgb24gZGItMQ0KYWRhQGV4YW1wbGUuY29tIGFja25vd2xlZGdl
ZCBpdCAxIGggNSBtaW4gYWZ0ZXIgaXQgYmVnYW4uDQoNCk9ubHkgMiAlIGxlZnQuDQpTZWUgdGhl
IHJ1bmJvb2suDQoNClNldmVyaXR5OiBjcml0aWNhbA0KU3RhdHVzOiBhY2tub3dsZWRnZWQNClNl
cnZpY2U6IGRiDQpBbGVydDogRGlza0Z1bGwNCkZpcmluZzogMiBvZiAzDQpBc3NpZ25lZTogYWRh
QGV4YW1wbGUuY29tDQpTaW5jZTogMjAyNS0xMC0wOSAwODo1MzoyMCBVVEMNCg0KaHR0cHM6Ly90
b2NzaW4uZXhhbXBsZS5jb20vaW5jaWRlbnRzLzIyMjIyMjIyLTIyMjItNDIyMi04MjIyLTIyMjIy
MjIyMjIyMg0K
--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PCFET0NUWVBFIGh0bWw+PGh0bWw+PGJvZHkgc3R5bGU9ImZvbnQtZmFtaWx5OnNhbnMtc2VyaWY7
Y29sb3I6IzIyMiI+PGRpdiBzdHlsZT0iYm9yZGVyLWxlZnQ6NnB4IHNvbGlkICNjNjI4Mjg7cGFk
ZGluZzo0cHggMTZweCI+PGgyIHN0eWxlPSJtYXJnaW46MCAwIDRweCI+8J+RgCAjNDcxMSBEaXNr
IGZ1bGwgb24gZGItMTwvaDI+PHA+YWRhQGV4YW1wbGUuY29tIGFja25vd2xlZGdlZCBpdCAxIGgg
NSBtaW4gYWZ0ZXIgaXQgYmVnYW4uPC9wPjxwIHN0eWxlPSJ3aGl0ZS1zcGFjZTpwcmUtd3JhcCI+
T25seSAyICUgbGVmdC4KU2VlIHRoZSBydW5ib29rLjwvcD48dGFibGUgc3R5bGU9ImJvcmRlci1j
b2xsYXBzZTpjb2xsYXBzZSI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoycHggMTJweCAycHggMDtj
b2xvcjojNjY2Ij5TZXZlcml0eTwvdGQ+PHRkPmNyaXRpY2FsPC90ZD48L3RyPjx0cj48dGQgc3R5
bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+U3RhdHVzPC90ZD48dGQ+YWNr
bm93bGVkZ2VkPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7
Y29sb3I6IzY2NiI+U2VydmljZTwvdGQ+PHRkPmRiPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBh
ZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+QWxlcnQ8L3RkPjx0ZD5EaXNrRnVsbDwv
dGQ+PC90cj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2NjYi
PkZpcmluZzwvdGQ+PHRkPjIgb2YgMzwvdGQ+PC90cj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJw
eCAxMnB4IDJweCAwO2NvbG9yOiM2NjYiPkFzc2lnbmVlPC90ZD48dGQ+YWRhQGV4YW1wbGUuY29t
PC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2
NiI+U2luY2U8L3RkPjx0ZD4yMDI1LTEwLTA5IDA4OjUzOjIwIFVUQzwvdGQ+PC90cj48L3RhYmxl
PjxwPjxhIGhyZWY9Imh0dHBzOi8vdG9jc2luLmV4YW1wbGUuY29tL2luY2lkZW50cy8yMjIyMjIy
Mi0yMjIyLTQyMjItODIyMi0yMjIyMjIyMjIyMjIiPk9wZW4gaW4gVG9jc2luPC9hPjwvcD48L2Rp
dj48L2JvZHk+PC9odG1sPg==
--tocsin-33333333-3333-4333-8333-333333333333--

"""##,
    "email resolved 0": ##"""
mail.example.com:587 starttls
MAIL FROM tocsin@example.com
RCPT TO ["CaNaRy7f3a@example.com", "ops@example.com"]
From: Tocsin <tocsin@example.com>
To: CaNaRy7f3a@example.com,
 ops@example.com
Date: Thu, 09 Oct 2025 09:58:20 +0000
Message-ID: <delivery-33333333-3333-4333-8333-333333333333@example.com>
In-Reply-To: <delivery-0@example.com>
References: <incident-22222222-2222-4222-8222-222222222222@example.com>
 <delivery-0@example.com>
Subject: =?UTF-8?B?4pyFIFtDUklUSUNBTF0gIzQ3MTEgRGlzayBmdWxsIG9uIGRiLTE6?=
 =?UTF-8?B?IHJlc29sdmVk?=
Auto-Submitted: auto-generated
X-Tocsin-Incident: 22222222-2222-4222-8222-222222222222
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="tocsin-33333333-3333-4333-8333-333333333333"

--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

4pyFICM0NzExIERpc2sgZnVsbCBvbiBkYi0xDQpSZXNvbHZlZCBhZnRlciAxIGggNSBtaW46IGFs
bCBhbGVydHMgcmVzb2x2ZWQuDQoNCk9ubHkgMiAlIGxlZnQuDQpTZWUgdGhlIHJ1bmJvb2suDQoN
ClNldmVyaXR5OiBjcml0aWNhbA0KU3RhdHVzOiByZXNvbHZlZA0KU2VydmljZTogZGINCkFsZXJ0
OiBEaXNrRnVsbA0KRmlyaW5nOiAyIG9mIDMNClNpbmNlOiAyMDI1LTEwLTA5IDA4OjUzOjIwIFVU
Qw0KDQpodHRwczovL3RvY3Npbi5leGFtcGxlLmNvbS9pbmNpZGVudHMvMjIyMjIyMjItMjIyMi00
MjIyLTgyMjItMjIyMjIyMjIyMjIyDQo=
--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PCFET0NUWVBFIGh0bWw+PGh0bWw+PGJvZHkgc3R5bGU9ImZvbnQtZmFtaWx5OnNhbnMtc2VyaWY7
Y29sb3I6IzIyMiI+PGRpdiBzdHlsZT0iYm9yZGVyLWxlZnQ6NnB4IHNvbGlkICMyZTdkMzI7cGFk
ZGluZzo0cHggMTZweCI+PGgyIHN0eWxlPSJtYXJnaW46MCAwIDRweCI+4pyFICM0NzExIERpc2sg
ZnVsbCBvbiBkYi0xPC9oMj48cD5SZXNvbHZlZCBhZnRlciAxIGggNSBtaW46IGFsbCBhbGVydHMg
cmVzb2x2ZWQuPC9wPjxwIHN0eWxlPSJ3aGl0ZS1zcGFjZTpwcmUtd3JhcCI+T25seSAyICUgbGVm
dC4KU2VlIHRoZSBydW5ib29rLjwvcD48dGFibGUgc3R5bGU9ImJvcmRlci1jb2xsYXBzZTpjb2xs
YXBzZSI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoycHggMTJweCAycHggMDtjb2xvcjojNjY2Ij5T
ZXZlcml0eTwvdGQ+PHRkPmNyaXRpY2FsPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6
MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+U3RhdHVzPC90ZD48dGQ+cmVzb2x2ZWQ8L3RkPjwv
dHI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoycHggMTJweCAycHggMDtjb2xvcjojNjY2Ij5TZXJ2
aWNlPC90ZD48dGQ+ZGI8L3RkPjwvdHI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoycHggMTJweCAy
cHggMDtjb2xvcjojNjY2Ij5BbGVydDwvdGQ+PHRkPkRpc2tGdWxsPC90ZD48L3RyPjx0cj48dGQg
c3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+RmlyaW5nPC90ZD48dGQ+
MiBvZiAzPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29s
b3I6IzY2NiI+U2luY2U8L3RkPjx0ZD4yMDI1LTEwLTA5IDA4OjUzOjIwIFVUQzwvdGQ+PC90cj48
L3RhYmxlPjxwPjxhIGhyZWY9Imh0dHBzOi8vdG9jc2luLmV4YW1wbGUuY29tL2luY2lkZW50cy8y
MjIyMjIyMi0yMjIyLTQyMjItODIyMi0yMjIyMjIyMjIyMjIiPk9wZW4gaW4gVG9jc2luPC9hPjwv
cD48L2Rpdj48L2JvZHk+PC9odG1sPg==
--tocsin-33333333-3333-4333-8333-333333333333--

"""##,
    "email reopened 0": ##"""
mail.example.com:587 starttls
MAIL FROM tocsin@example.com
RCPT TO ["CaNaRy7f3a@example.com", "ops@example.com"]
From: Tocsin <tocsin@example.com>
To: CaNaRy7f3a@example.com,
 ops@example.com
Date: Thu, 09 Oct 2025 09:59:20 +0000
Message-ID: <delivery-33333333-3333-4333-8333-333333333333@example.com>
In-Reply-To: <delivery-0@example.com>
References: <incident-22222222-2222-4222-8222-222222222222@example.com>
 <delivery-0@example.com>
Subject: =?UTF-8?B?8J+UgSBbQ1JJVElDQUxdICM0NzExIERpc2sgZnVsbCBvbiBkYi0x?=
 =?UTF-8?B?OiByZW9wZW5lZA==?=
Auto-Submitted: auto-generated
X-Tocsin-Incident: 22222222-2222-4222-8222-222222222222
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="tocsin-33333333-3333-4333-8333-333333333333"

--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

8J+UgSAjNDcxMSBEaXNrIGZ1bGwgb24gZGItMQ0KSXQgaXMgYmFjayAocmVvcGVuZWQgb25jZSk6
IDIgYWxlcnRzIGZpcmluZy4NCg0KT25seSAyICUgbGVmdC4NClNlZSB0aGUgcnVuYm9vay4NCg0K
U2V2ZXJpdHk6IGNyaXRpY2FsDQpTdGF0dXM6IG9wZW4NClNlcnZpY2U6IGRiDQpBbGVydDogRGlz
a0Z1bGwNCkZpcmluZzogMiBvZiAzDQpTaW5jZTogMjAyNS0xMC0wOSAwODo1MzoyMCBVVEMNCg0K
aHR0cHM6Ly90b2NzaW4uZXhhbXBsZS5jb20vaW5jaWRlbnRzLzIyMjIyMjIyLTIyMjItNDIyMi04
MjIyLTIyMjIyMjIyMjIyMg0K
--tocsin-33333333-3333-4333-8333-333333333333
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PCFET0NUWVBFIGh0bWw+PGh0bWw+PGJvZHkgc3R5bGU9ImZvbnQtZmFtaWx5OnNhbnMtc2VyaWY7
Y29sb3I6IzIyMiI+PGRpdiBzdHlsZT0iYm9yZGVyLWxlZnQ6NnB4IHNvbGlkICNjNjI4Mjg7cGFk
ZGluZzo0cHggMTZweCI+PGgyIHN0eWxlPSJtYXJnaW46MCAwIDRweCI+8J+UgSAjNDcxMSBEaXNr
IGZ1bGwgb24gZGItMTwvaDI+PHA+SXQgaXMgYmFjayAocmVvcGVuZWQgb25jZSk6IDIgYWxlcnRz
IGZpcmluZy48L3A+PHAgc3R5bGU9IndoaXRlLXNwYWNlOnByZS13cmFwIj5Pbmx5IDIgJSBsZWZ0
LgpTZWUgdGhlIHJ1bmJvb2suPC9wPjx0YWJsZSBzdHlsZT0iYm9yZGVyLWNvbGxhcHNlOmNvbGxh
cHNlIj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2NjYiPlNl
dmVyaXR5PC90ZD48dGQ+Y3JpdGljYWw8L3RkPjwvdHI+PHRyPjx0ZCBzdHlsZT0icGFkZGluZzoy
cHggMTJweCAycHggMDtjb2xvcjojNjY2Ij5TdGF0dXM8L3RkPjx0ZD5vcGVuPC90ZD48L3RyPjx0
cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7Y29sb3I6IzY2NiI+U2VydmljZTwv
dGQ+PHRkPmRiPC90ZD48L3RyPjx0cj48dGQgc3R5bGU9InBhZGRpbmc6MnB4IDEycHggMnB4IDA7
Y29sb3I6IzY2NiI+QWxlcnQ8L3RkPjx0ZD5EaXNrRnVsbDwvdGQ+PC90cj48dHI+PHRkIHN0eWxl
PSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2NjYiPkZpcmluZzwvdGQ+PHRkPjIgb2Yg
MzwvdGQ+PC90cj48dHI+PHRkIHN0eWxlPSJwYWRkaW5nOjJweCAxMnB4IDJweCAwO2NvbG9yOiM2
NjYiPlNpbmNlPC90ZD48dGQ+MjAyNS0xMC0wOSAwODo1MzoyMCBVVEM8L3RkPjwvdHI+PC90YWJs
ZT48cD48YSBocmVmPSJodHRwczovL3RvY3Npbi5leGFtcGxlLmNvbS9pbmNpZGVudHMvMjIyMjIy
MjItMjIyMi00MjIyLTgyMjItMjIyMjIyMjIyMjIyIj5PcGVuIGluIFRvY3NpbjwvYT48L3A+PC9k
aXY+PC9ib2R5PjwvaHRtbD4=
--tocsin-33333333-3333-4333-8333-333333333333--

"""##,
    "slack opened 0": ##"""
POST https://hooks.slack.com/services/T0/B0/CaNaRy7f3a
Content-Type: application/json; charset=utf-8

{"text":"🔴 [CRITICAL] #4711 Disk full on db-1: opened","blocks":[{"type":"header","text":{"type":"plain_text","text":"🔴 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"A critical incident opened: 2 alerts firing.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: open","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}]}

"""##,
    "slack acknowledged 0": ##"""
POST https://hooks.slack.com/services/T0/B0/CaNaRy7f3a
Content-Type: application/json; charset=utf-8

{"text":"👀 [CRITICAL] #4711 Disk full on db-1: acknowledged","blocks":[{"type":"header","text":{"type":"plain_text","text":"👀 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"ada@example.com acknowledged it 1 h 5 min after it began.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: acknowledged","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Assignee: ada@example.com","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}]}

"""##,
    "slack resolved 0": ##"""
POST https://hooks.slack.com/services/T0/B0/CaNaRy7f3a
Content-Type: application/json; charset=utf-8

{"text":"✅ [CRITICAL] #4711 Disk full on db-1: resolved","blocks":[{"type":"header","text":{"type":"plain_text","text":"✅ #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Resolved after 1 h 5 min: all alerts resolved.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: resolved","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}]}

"""##,
    "slack reopened 0": ##"""
POST https://hooks.slack.com/services/T0/B0/CaNaRy7f3a
Content-Type: application/json; charset=utf-8

{"text":"🔁 [CRITICAL] #4711 Disk full on db-1: reopened","blocks":[{"type":"header","text":{"type":"plain_text","text":"🔁 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"It is back (reopened once): 2 alerts firing.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: open","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}]}

"""##,
    "slack-bot opened 0": ##"""
POST https://slack.com/api/chat.postMessage
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","text":"🔴 [CRITICAL] #4711 Disk full on db-1: opened","blocks":[{"type":"header","text":{"type":"plain_text","text":"🔴 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"A critical incident opened: 2 alerts firing.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: open","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}],"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":1}}}

"""##,
    "slack-bot updated 0": ##"""
POST https://slack.com/api/chat.update
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","ts":"1712345678.123456","text":"🔴 [CRITICAL] #4711 Disk full on db-1: updated","blocks":[{"type":"header","text":{"type":"plain_text","text":"🔴 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Now critical, 3 alerts firing, severity was low.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: open","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 3 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}],"parse":"none","link_names":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":2}}}

"""##,
    "slack-bot acknowledged 0": ##"""
POST https://slack.com/api/chat.update
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","ts":"1712345678.123456","text":"👀 [CRITICAL] #4711 Disk full on db-1: acknowledged","blocks":[{"type":"header","text":{"type":"plain_text","text":"👀 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"ada@example.com acknowledged it 1 h 5 min after it began.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: acknowledged","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Assignee: ada@example.com","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}],"parse":"none","link_names":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":2}}}

"""##,
    "slack-bot acknowledged 1": ##"""
POST https://slack.com/api/chat.postMessage
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","thread_ts":"1712345678.123456","text":"👀 ada@example.com acknowledged it 1 h 5 min after it began.","blocks":[{"type":"section","text":{"type":"plain_text","text":"👀 ada@example.com acknowledged it 1 h 5 min after it began.","emoji":false}}],"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":2}}}

"""##,
    "slack-bot resolved 0": ##"""
POST https://slack.com/api/chat.update
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","ts":"1712345678.123456","text":"✅ [CRITICAL] #4711 Disk full on db-1: resolved","blocks":[{"type":"header","text":{"type":"plain_text","text":"✅ #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Resolved after 1 h 5 min: all alerts resolved.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: resolved","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}],"parse":"none","link_names":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":2}}}

"""##,
    "slack-bot resolved 1": ##"""
POST https://slack.com/api/chat.postMessage
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","thread_ts":"1712345678.123456","text":"✅ Resolved after 1 h 5 min: all alerts resolved.","blocks":[{"type":"section","text":{"type":"plain_text","text":"✅ Resolved after 1 h 5 min: all alerts resolved.","emoji":false}}],"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":2}}}

"""##,
    "slack-bot reopened 0": ##"""
POST https://slack.com/api/chat.update
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","ts":"1712345678.123456","text":"🔁 [CRITICAL] #4711 Disk full on db-1: reopened","blocks":[{"type":"header","text":{"type":"plain_text","text":"🔁 #4711 Disk full on db-1","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"It is back (reopened once): 2 alerts firing.","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"Only 2 % left.\nSee the runbook.","emoji":false}},{"type":"section","fields":[{"type":"plain_text","text":"Severity: critical","emoji":false},{"type":"plain_text","text":"Status: open","emoji":false},{"type":"plain_text","text":"Service: db","emoji":false},{"type":"plain_text","text":"Alert: DiskFull","emoji":false},{"type":"plain_text","text":"Firing: 2 of 3","emoji":false},{"type":"plain_text","text":"Since: 2025-10-09 08:53:20 UTC","emoji":false}]},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222|Open in Tocsin>"}]}],"parse":"none","link_names":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":3}}}

"""##,
    "slack-bot reopened 1": ##"""
POST https://slack.com/api/chat.postMessage
Content-Type: application/json; charset=utf-8
Authorization: Bearer xoxb-CaNaRy7f3a

{"channel":"C0123456789","thread_ts":"1712345678.123456","text":"🔁 It is back (reopened once): 2 alerts firing.","blocks":[{"type":"section","text":{"type":"plain_text","text":"🔁 It is back (reopened once): 2 alerts firing.","emoji":false}}],"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false,"metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"33333333-3333-4333-8333-333333333333","incident_id":"22222222-2222-4222-8222-222222222222","sequence":3}}}

"""##,
    "telegram opened 0": ##"""
POST https://api.telegram.org/bot123456:CaNaRy7f3a/sendMessage
Content-Type: application/json

{"chat_id":-1001234567890,"text":"<b>🔴 #4711 Disk full on db-1</b>\nA critical incident opened: 2 alerts firing.\n\nOnly 2 % left.\nSee the runbook.\n\nSeverity: critical\nStatus: open\nService: db\nAlert: DiskFull\nFiring: 2 of 3\nSince: 2025-10-09 08:53:20 UTC\n<a href=\"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222\">Open in Tocsin</a>","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}

"""##,
    "telegram acknowledged 0": ##"""
POST https://api.telegram.org/bot123456:CaNaRy7f3a/sendMessage
Content-Type: application/json

{"chat_id":-1001234567890,"text":"<b>👀 #4711 Disk full on db-1</b>\nada@example.com acknowledged it 1 h 5 min after it began.\n\nOnly 2 % left.\nSee the runbook.\n\nSeverity: critical\nStatus: acknowledged\nService: db\nAlert: DiskFull\nFiring: 2 of 3\nAssignee: ada@example.com\nSince: 2025-10-09 08:53:20 UTC\n<a href=\"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222\">Open in Tocsin</a>","parse_mode":"HTML","link_preview_options":{"is_disabled":true},"reply_parameters":{"message_id":815,"allow_sending_without_reply":true}}

"""##,
    "telegram resolved 0": ##"""
POST https://api.telegram.org/bot123456:CaNaRy7f3a/sendMessage
Content-Type: application/json

{"chat_id":-1001234567890,"text":"<b>✅ #4711 Disk full on db-1</b>\nResolved after 1 h 5 min: all alerts resolved.\n\nOnly 2 % left.\nSee the runbook.\n\nSeverity: critical\nStatus: resolved\nService: db\nAlert: DiskFull\nFiring: 2 of 3\nSince: 2025-10-09 08:53:20 UTC\n<a href=\"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222\">Open in Tocsin</a>","parse_mode":"HTML","link_preview_options":{"is_disabled":true},"reply_parameters":{"message_id":815,"allow_sending_without_reply":true}}

"""##,
    "telegram reopened 0": ##"""
POST https://api.telegram.org/bot123456:CaNaRy7f3a/sendMessage
Content-Type: application/json

{"chat_id":-1001234567890,"text":"<b>🔁 #4711 Disk full on db-1</b>\nIt is back (reopened once): 2 alerts firing.\n\nOnly 2 % left.\nSee the runbook.\n\nSeverity: critical\nStatus: open\nService: db\nAlert: DiskFull\nFiring: 2 of 3\nSince: 2025-10-09 08:53:20 UTC\n<a href=\"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222\">Open in Tocsin</a>","parse_mode":"HTML","link_preview_options":{"is_disabled":true},"reply_parameters":{"message_id":815,"allow_sending_without_reply":true}}

"""##,
    "webhook opened 0": ##"""
POST https://hooks.example.com/in/CaNaRy7f3a
Content-Type: application/json
webhook-id: msg_33333333-3333-4333-8333-333333333333
webhook-timestamp: 1760000007
webhook-signature: v1,4X42eR9TUxKYmUJGj/pPFSbym/r3z2VJSS7jIqlX3tY=

{"type":"incident.opened","timestamp":"2025-10-09T08:53:20Z","data":{"id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":4711,"title":"Disk full on db-1","description":"Only 2 % left.\nSee the runbook.","status":"open","severity":"critical","groupingKey":"service=db","labels":{"alertname":"DiskFull","service":"db"},"createdAt":"2025-10-09T08:53:20Z","updatedAt":"2025-10-09T08:53:20Z","reopenCount":0,"alertCount":3,"firingCount":2,"sequence":1,"actor":"system:alert-grouper","change":{"alertsFired":2,"alertsResolved":0},"url":"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222"}}

"""##,
    "webhook acknowledged 0": ##"""
POST https://hooks.example.com/in/CaNaRy7f3a
Content-Type: application/json
webhook-id: msg_33333333-3333-4333-8333-333333333333
webhook-timestamp: 1760000007
webhook-signature: v1,pI7yoUqTXQ4LbnwfQk652TCNCTp1n9inXk60Kono0r0=

{"type":"incident.acknowledged","timestamp":"2025-10-09T09:58:20Z","data":{"id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":4711,"title":"Disk full on db-1","description":"Only 2 % left.\nSee the runbook.","status":"acknowledged","severity":"critical","groupingKey":"service=db","labels":{"alertname":"DiskFull","service":"db"},"createdAt":"2025-10-09T08:53:20Z","updatedAt":"2025-10-09T09:58:20Z","ackedAt":"2025-10-09T09:58:20Z","assigneeId":"ada@example.com","reopenCount":0,"alertCount":3,"firingCount":2,"sequence":2,"actor":"person:ada@example.com","change":{"alertsFired":0,"alertsResolved":0},"url":"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222"}}

"""##,
    "webhook resolved 0": ##"""
POST https://hooks.example.com/in/CaNaRy7f3a
Content-Type: application/json
webhook-id: msg_33333333-3333-4333-8333-333333333333
webhook-timestamp: 1760000007
webhook-signature: v1,8zMAmOOVLArl6VYB+Hd1jtK7JnrxOkkARc8BezV4YYs=

{"type":"incident.resolved","timestamp":"2025-10-09T09:58:20Z","data":{"id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":4711,"title":"Disk full on db-1","description":"Only 2 % left.\nSee the runbook.","status":"resolved","severity":"critical","groupingKey":"service=db","labels":{"alertname":"DiskFull","service":"db"},"createdAt":"2025-10-09T08:53:20Z","updatedAt":"2025-10-09T09:58:20Z","resolvedAt":"2025-10-09T09:58:20Z","reopenCount":0,"alertCount":3,"firingCount":2,"sequence":2,"actor":"system:alert-grouper","change":{"alertsFired":0,"alertsResolved":0,"reason":"all alerts resolved"},"url":"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222"}}

"""##,
    "webhook reopened 0": ##"""
POST https://hooks.example.com/in/CaNaRy7f3a
Content-Type: application/json
webhook-id: msg_33333333-3333-4333-8333-333333333333
webhook-timestamp: 1760000007
webhook-signature: v1,b1Dp4dY617dxfckNYytMUbzsvlWraLLImysegUPyWmo=

{"type":"incident.reopened","timestamp":"2025-10-09T09:59:20Z","data":{"id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":4711,"title":"Disk full on db-1","description":"Only 2 % left.\nSee the runbook.","status":"open","severity":"critical","groupingKey":"service=db","labels":{"alertname":"DiskFull","service":"db"},"createdAt":"2025-10-09T08:53:20Z","updatedAt":"2025-10-09T09:59:20Z","reopenCount":1,"alertCount":3,"firingCount":2,"sequence":3,"actor":"system:alert-grouper","change":{"alertsFired":1,"alertsResolved":0},"url":"https://tocsin.example.com/incidents/22222222-2222-4222-8222-222222222222"}}

"""##,
]
