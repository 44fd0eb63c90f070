"""The words that the local reader looks for, by flag, in English, German, French and Spanish.

A phrase is found word by word: "gift card" is found in "gift-card", not in "gift cardigan".
Case, accents and umlauts do not matter; umlauts are found as ae, oe, ue too. A phrase belongs
here only if honest payments hardly ever hold it: "sofort" is a way of paying, "HMRC" and
"IRS" get honest money, "google play" sells films, people get new bank accounts of their own.
"""

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, str]] = {
    "urgent": """
        urgent, urgently, asap, immediately, right away, at once, act now, last chance, hurry,
        final notice, final warning, last warning, within the hour, before midnight,
        time sensitive, as soon as possible, without delay
        dringend, dringende, eilig, eilt, umgehend, sofort zahlen, sofort bezahlen,
        sofort überweisen, bitte sofort, so schnell wie möglich, schnellstmöglich,
        letzte mahnung, letzte warnung, letzte chance, unverzüglich
        urgente, urgence, immédiatement, tout de suite, dès que possible, dernière chance,
        dernier avis, sans délai
        urgentemente, inmediatamente, de inmediato, cuanto antes, lo antes posible,
        última oportunidad, último aviso, date prisa
    """,
    "secrecy": """
        do not tell, don't tell, dont tell, tell no one, tell nobody, tell noone,
        keep this secret, keep it secret, keep secret, our secret, our little secret,
        between you and me, just between us, strictly confidential, nobody must know,
        no one must know, keep this between, keep it between, do not mention, don't mention
        niemandem sagen, niemandem erzählen, nicht weitersagen, sag niemandem, sage niemandem,
        bleibt unter uns, streng vertraulich, geheim halten, bleibt geheim, kein wort zu,
        niemandem davon
        ne dis rien, ne dites rien, garde le secret, gardez le secret, reste entre nous,
        strictement confidentiel, n'en parle pas, n'en parlez pas, ne le dis à personne,
        ne le dites à personne
        no se lo digas, no le digas, no digas nada, no lo cuentes, no se lo cuentes,
        queda entre nosotros, guarda el secreto, mantener en secreto,
        estrictamente confidencial
    """,
    "gift_card": """
        gift card, gift cards, giftcard, giftcards, gift voucher, gift vouchers, voucher codes,
        google play card, google play cards, google play gift, steam card, steam cards,
        itunes card, itunes cards, amazon gift, apple gift, ebay card, ebay cards, paysafecard,
        paysafe card, neosurf, razer gold
        geschenkkarte, geschenkkarten, geschenkgutschein, geschenkgutscheine, gutscheinkarte,
        gutscheinkarten, gutscheincode, gutscheincodes, guthabenkarte, guthabenkarten
        carte cadeau, cartes cadeau, cartes cadeaux, chèque cadeau, chèques cadeaux,
        recharge pcs, coupon pcs, transcash
        tarjeta regalo, tarjetas regalo, tarjeta de regalo, tarjetas de regalo, cheque regalo,
        bono regalo, vale regalo
    """,
    "crypto": """
        bitcoin, bitcoins, btc, ethereum, crypto, cryptocurrency, cryptocurrencies, usdt, usdc,
        tether, binance, coinbase, bitpanda, bitstamp, bybit, kucoin, metamask, trust wallet,
        crypto wallet, litecoin, dogecoin, monero, xmr, xrp, solana, blockchain, seed phrase
        krypto, kryptowährung, kryptowährungen, kryptobörse
        cryptomonnaie, cryptomonnaies, crypto monnaie
        cripto, criptomoneda, criptomonedas
    """,
    "investment": """
        guaranteed return, guaranteed returns, guaranteed profit, guaranteed profits,
        double your money, high yield, high return, high returns, risk free, passive income,
        forex, trading account, trading platform, trading profit, trading profits,
        investment platform, investment plan, investment opportunity, daily profit,
        daily profits, withdraw profit, withdraw profits, unlock profits
        garantierte rendite, garantierter gewinn, garantierte gewinne, hohe rendite,
        hohe renditen, geld verdoppeln, passives einkommen, trading konto, tradingkonto,
        handelsplattform, trading plattform, investitionsplattform, risikofrei, anlageplattform
        rendement garanti, rendements garantis, gain garanti, gains garantis, sans risque,
        revenu passif, revenus passifs, doubler votre argent, plateforme de trading,
        compte de trading, rendement élevé, plateforme d'investissement
        rentabilidad garantizada, ganancia garantizada, ganancias garantizadas, sin riesgo,
        ingresos pasivos, duplicar tu dinero, duplica tu dinero, plataforma de inversión,
        plataforma de trading, alta rentabilidad
    """,
    "remote_access": """
        anydesk, any desk, teamviewer, team viewer, ultraviewer, rustdesk, remote access,
        remote support, remote desktop, tech support, technical support, microsoft support,
        windows support, apple support, virus removal, antivirus renewal, geek squad
        fernwartung, fernzugriff, technischer support, microsoft techniker
        accès à distance, prise de contrôle à distance, support technique, support microsoft
        acceso remoto, soporte técnico, asistencia remota, soporte de microsoft
    """,
    "impersonation": """
        safe account, secure account, security account, fraud department, fraud team,
        bank security, security department, this is your bank, account suspended,
        account blocked, account compromised, verify your account, arrest warrant,
        warrant for your arrest, police officer, police investigation
        sicheres konto, sicherheitskonto, betrugsabteilung, sicherheitsabteilung,
        konto gesperrt, haftbefehl, kriminalpolizei, polizeibeamter, steuerfahndung
        compte sécurisé, service fraude, service des fraudes, compte bloqué, compte suspendu,
        mandat d'arrêt, police judiciaire, conseiller bancaire
        cuenta segura, departamento de fraude, departamento de fraudes, cuenta bloqueada,
        cuenta suspendida, orden de arresto, policía nacional
    """,
    "advance_fee": """
        release fee, clearance fee, customs fee, customs fees, loan fee, loan processing fee,
        prize fee, claim your prize, lottery prize, lottery winnings, inheritance fee,
        inheritance funds, redelivery fee, parcel fee, package fee, unlock funds,
        unlock the funds, release of funds, release the funds, activation fee, advance fee
        freigabegebühr, freischaltgebühr, zollgebühr, zollgebühren, paketgebühr,
        lotteriegewinn, gewinnauszahlung, erbschaftsgebühr, vorabgebühr, kreditgebühr,
        gebühr für gewinn
        frais de douane, frais de libération, frais de déblocage, déblocage des fonds,
        gain loterie, gain de loterie, gain à la loterie, frais de prêt
        gastos de aduana, tasa de aduana, tasas de aduana, tasa de liberación,
        premio de lotería, liberar fondos, liberación de fondos, tasa de préstamo
    """,
    "invoice_change": """
        new bank details, changed bank details, change of bank details, updated bank details,
        bank details have changed, bank details changed, new account details,
        new account number, changed account details, new iban, updated iban,
        new banking details, our new account, account details have changed
        neue bankverbindung, neuer bankverbindung, geänderte bankverbindung,
        bankverbindung geändert, bankverbindung hat sich, neue kontoverbindung,
        geänderte kontoverbindung, neue iban, neuen iban, neue kontonummer,
        änderung der bankverbindung
        nouveau rib, nouvel iban, nouvelles coordonnées bancaires, changement de rib,
        changement de coordonnées bancaires, changement d'iban,
        coordonnées bancaires ont changé
        nuevo iban, nuevos datos bancarios, cambio de datos bancarios,
        datos bancarios han cambiado
    """,
    "instruction": """
        ignore previous, ignore all previous, ignore the previous, ignore all prior,
        ignore prior, ignore the above, ignore all rules, ignore your instructions,
        ignore instructions, ignore all instructions, disregard previous, disregard all,
        disregard the above, disregard prior, forget your instructions, previous instructions,
        system prompt, you are now, you are an ai, as an ai, new instructions,
        approve this payment, approve this transaction, approve the payment,
        approve the transaction, must be approved, mark this as, mark as safe,
        mark as low risk, classify this as, classify as, set risk, risk score, respond with,
        reply with, answer only, output only, do not flag, don't flag
        ignoriere alle, ignoriere die, ignoriere vorherige, vorherigen anweisungen,
        genehmige diese, als unbedenklich, nicht markieren
        ignore les instructions, ignorez les instructions, ignore toutes, ignorez toutes,
        instructions précédentes, approuve ce paiement, approuvez ce paiement
        ignora las instrucciones, ignora todas, instrucciones anteriores, aprueba este pago,
        apruebe este pago, im start, im end, endoftext
    """,
}
"""Flag -> phrases, separated by commas and line ends (a phrase stands on one line)."""
