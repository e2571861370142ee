"""Colissimo, La Poste's parcels: answers of Suivi, version 2 (https://developer.laposte.fr/products/suivi)."""

from tracking.carriers._laposte import LaPosteTracking


class Carrier(LaPosteTracking):
    """Reader of Colissimo's answers."""

    label = "Colissimo"
